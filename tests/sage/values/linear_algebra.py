"""Matrices and their invariants."""

from tests.sage.values.value import Value

VALUES = [
    Value(
        "matrix(QQ, 4, lambda i, j: 1/(i + j + 1)).det()",
        "1/6048000",
        "OEIS A005249 (determinants of Hilbert matrices)",
    ),
    Value("1/matrix(QQ, 5, lambda i, j: 1/(i + j + 1)).det()", "266716800000", "OEIS A005249"),
    Value(
        "(matrix(QQ, 3, lambda i, j: 1/(i + j + 1))^-1).list()",
        "[9, -36, 30, -36, 192, -180, 30, -180, 180]",
        "Knuth, TAOCP 1, 1.2.3, exercise 45",
    ),
    Value("matrix(ZZ, 4, lambda i, j: binomial(i + j, i)).det()", "1", "Edelman & Strang, Pascal Matrices, 2004"),
    Value("matrix(ZZ, 4, lambda i, j: (j + 1)^i).det()", "12", "Knuth, TAOCP 1, 1.2.3, exercise 37 (Vandermonde)"),
    Value("matrix(ZZ, 6, lambda i, j: gcd(i + 1, j + 1)).det()", "32", "OEIS A001088 (H. J. S. Smith's determinant)"),
    Value("matrix(ZZ, 5, lambda i, j: catalan_number(i + j)).det()", "1", "Mays & Wojciechowski 2000; OEIS A368025"),
    Value("matrix([[1, 1], [1, 0]])^10", "[89 55]\n[55 34]", "Graham, Knuth & Patashnik, Concrete Mathematics, 6.6"),
    Value("matrix([[2, 1], [1, 2]]).eigenvalues()", "[3, 1]", "Strang, Introduction to Linear Algebra, 6.1"),
    Value("matrix([[0, 1], [1, 1]]).charpoly('t')", "t^2 - t - 1", "Strang, Introduction to Linear Algebra, 6.2"),
    Value("companion_matrix([1, -2, 0, 1]).charpoly('t')", "t^3 - 2*t + 1", "Horn & Johnson, Matrix Analysis, 3.3"),
    Value(
        "matrix(ZZ, [[2, 4, 4], [-6, 6, 12], [10, -4, -16]]).elementary_divisors()",
        "[2, 6, 12]",
        "Newman, Integral Matrices, chapter II (Smith's form, by its minors: 2, 12, 144)",
    ),
    Value("matrix(QQ, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]).rank()", "2", "Golub & Van Loan, Matrix Computations, 2.1"),
    Value(
        "matrix(QQ, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]).right_kernel().basis()",
        "[(1, -2, 1)]",
        "Golub & Van Loan, Matrix Computations, 2.1",
    ),
    Value("matrix(QQ, [[1, 2, 3], [4, 5, 6], [7, 8, 10]]).det()", "-3", "Golub & Van Loan, Matrix Computations, 3.2"),
    Value(
        "matrix(ZZ, [[0, 1, 0], [0, 0, 1], [1, 0, 0]]).minpoly('t')",
        "t^3 - 1",
        "Horn & Johnson, Matrix Analysis, 0.9.6",
    ),
    Value(
        "matrix(QQ, [[3, 1], [-1, 1]]).jordan_form(subdivide=False)",
        "[2 1]\n[0 2]",
        "Horn & Johnson, Matrix Analysis, 3.1",
    ),
    Value("matrix(ZZ, 5, lambda i, j: 1).permanent()", "120", "Minc, Permanents, 1.1"),
    Value(
        "(matrix(ZZ, 5, lambda i, j: 1) - identity_matrix(5)).permanent()", "44", "Minc, Permanents, 3.2; OEIS A000166"
    ),
    Value("len(list((GF(2)^4).subspaces(2)))", "35", "OEIS A006095; Stanley, Enumerative Combinatorics 1, 1.7"),
    Value("GL(3, GF(2)).order()", "168", "Dickson, Linear Groups; OEIS A002884"),
    Value("hadamard_matrix(12).det().abs()", "2985984", "OEIS A003433 (12^6, Hadamard's bound)"),
    Value(
        "vector([1, 0, 0]).cross_product(vector([0, 1, 0]))", "(0, 0, 1)", "Strang, Introduction to Linear Algebra, 5.3"
    ),
    Value("exp(matrix(SR, [[0, 1], [0, 0]]))", "[1 1]\n[0 1]", "Horn & Johnson, Topics in Matrix Analysis, 6.2"),
]
