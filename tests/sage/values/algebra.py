"""Fields, their extensions and Galois groups; finite fields; rings of integers."""

from tests.sage.values.value import Value

VALUES = [
    Value("R.<t> = QQ[]; (t^3 - 2).galois_group().order()", "6", "Lang, Algebra, VI.2"),
    Value(
        "R.<t> = QQ[]; (t^3 - 3*t + 1).galois_group().order()", "3", "Lang, Algebra, VI.2 (discriminant 81, a square)"
    ),
    Value("R.<t> = QQ[]; (t^4 - 2).galois_group().order()", "8", "Lang, Algebra, VI.2"),
    Value(
        "R.<t> = QQ[]; (t^4 + 1).galois_group().is_cyclic()", "False", "Lang, Algebra, VI.3 (the 8th roots of unity)"
    ),
    Value("R.<t> = QQ[]; (t^5 - t - 1).galois_group().order()", "120", "Dummit & Foote, Abstract Algebra, 14.8"),
    Value(
        "R.<t> = QQ[]; (t^5 + 20*t + 16).galois_group().order()",
        "60",
        "Cohen, Computational Algebraic Number Theory, 6.3.3 (A5)",
    ),
    Value(
        "R.<t> = QQ[]; (t^5 - 5*t + 12).galois_group().order()",
        "10",
        "Cohen, Computational Algebraic Number Theory, 6.3.3 (D5)",
    ),
    Value(
        "R.<t> = QQ[]; (t^5 + t^4 - 4*t^3 - 3*t^2 + 3*t + 1).galois_group().order()",
        "5",
        "Cohen, Computational Algebraic Number Theory, 6.3.3 (C5)",
    ),
    Value(
        "R.<t> = QQ[]; (t^7 - 7*t + 3).galois_group().order()",
        "168",
        "Trinks 1968; Cohen, Computational Algebraic Number Theory, 6.3.5",
    ),
    Value(
        "QQbar(sqrt(2) + sqrt(3)).minpoly()",
        "x^4 - 10*x^2 + 1",
        "Lang, Algebra, VI, exercises; Stewart, Galois Theory, chapter 6",
    ),
    Value(
        "NumberField(polygen(QQ)^3 - polygen(QQ)^2 - 2*polygen(QQ) - 8, 'a').discriminant()",
        "-503",
        "Dedekind 1878; Cohen, Computational Algebraic Number Theory, 6.1",
    ),
    Value(
        "NumberField(polygen(QQ)^3 - polygen(QQ) - 1, 'a').discriminant()",
        "-23",
        "Cohen, Computational Algebraic Number Theory, Appendix B.3",
    ),
    Value(
        "NumberField(polygen(QQ)^3 - polygen(QQ)^2 - 2*polygen(QQ) + 1, 'a').discriminant()",
        "49",
        "Cohen, Computational Algebraic Number Theory, Appendix B.4",
    ),
    Value(
        "NumberField(polygen(QQ)^3 - 2, 'a').discriminant()",
        "-108",
        "Marcus, Number Fields, chapter 2 (pure cubic fields)",
    ),
    Value("CyclotomicField(5).discriminant()", "125", "Washington, Cyclotomic Fields, Proposition 2.7"),
    Value("CyclotomicField(7).unit_group().rank()", "2", "Washington, Cyclotomic Fields, chapter 8 (Dirichlet)"),
    Value("QuadraticField(-5).class_group().order()", "2", "Marcus, Number Fields, chapter 5"),
    Value(
        "len(QuadraticField(-1).ideal(5).factor()), QuadraticField(-1).ideal(7).is_prime()",
        "(2, True)",
        "Hardy & Wright, Theory of Numbers, 15.1",
    ),
    Value("len(GF(2^8).subfields())", "4", "Lidl & Niederreiter, Finite Fields, Theorem 2.6"),
    Value(
        "len([a for a in GF(27) if a != 0 and a.multiplicative_order() == 26])",
        "12",
        "Lidl & Niederreiter, Finite Fields, Theorem 2.8",
    ),
    Value(
        "Zmod(24).unit_group().invariants()",
        "(2, 2, 2)",
        "Ireland & Rosen, A Classical Introduction to Modern Number Theory, 4.1",
    ),
    Value(
        "Q.<i,j,k> = QuaternionAlgebra(-1, -1); i*j*k",
        "-1",
        "Hamilton 1843; Conway & Smith, On Quaternions and Octonions, 2",
    ),
    Value(
        "QuaternionAlgebra(-1, -1).ramified_primes()",
        "[2]",
        "Vigneras, Arithmetique des algebres de quaternions, III.3",
    ),
]
