"""Polynomials, their factors, resultants and discriminants, Groebner bases."""

from tests.sage.values.value import Value

VALUES = [
    Value(
        "R.<t> = QQ[]; factor(t^4 + 4)",
        "(t^2 - 2*t + 2) * (t^2 + 2*t + 2)",
        "Sophie Germain's identity; Dickson, History of the Theory of Numbers 1",
    ),
    Value("R.<t> = QQ[]; R(cyclotomic_polynomial(12, 't'))", "t^4 - t^2 + 1", "Lang, Algebra, VI.3"),
    Value("chebyshev_T(5, polygen(ZZ, 't'))", "16*t^5 - 20*t^3 + 5*t", "Abramowitz & Stegun, Table 22.3"),
    Value("chebyshev_U(4, polygen(ZZ, 't'))", "16*t^4 - 12*t^2 + 1", "Abramowitz & Stegun, Table 22.5"),
    Value("legendre_P(4, polygen(QQ, 't'))", "35/8*t^4 - 15/4*t^2 + 3/8", "Abramowitz & Stegun, Table 22.9"),
    Value("hermite(4, polygen(ZZ, 't'))", "16*t^4 - 48*t^2 + 12", "Abramowitz & Stegun, Table 22.12"),
    Value("laguerre(3, polygen(QQ, 't'))", "-1/6*t^3 + 3/2*t^2 - 3*t + 1", "Abramowitz & Stegun, Table 22.10"),
    Value("bernoulli_polynomial(polygen(QQ, 't'), 4)", "t^4 - 2*t^3 + t^2 - 1/30", "Abramowitz & Stegun, Table 23.1"),
    Value("R.<a,b,c,t> = QQ[]; (a*t^2 + b*t + c).discriminant(t)", "b^2 - 4*a*c", "Lang, Algebra, IV.6"),
    Value("R.<p,q,t> = QQ[]; (t^3 + p*t + q).discriminant(t)", "-4*p^3 - 27*q^2", "Lang, Algebra, IV.6"),
    Value("R.<t> = QQ[]; (t^2 - 2).resultant(t^2 - 3)", "1", "Lang, Algebra, IV.8 (product over the roots)"),
    Value(
        "R.<t> = QQ[]; (t^8+t^6-3*t^4-3*t^3+8*t^2+2*t-5).gcd(3*t^6+5*t^4-4*t^2-9*t+21)", "1", "Knuth, TAOCP 2, 4.6.1"
    ),
    Value(
        "R.<t> = GF(13)[]; (t^8+t^6+10*t^4+10*t^3+8*t^2+2*t+8).factor()",
        "(t + 3) * (t^3 + 8*t^2 + 4*t + 12) * (t^4 + 2*t^3 + 3*t^2 + 4*t + 6)",
        "Knuth, TAOCP 2, 4.6.2 (the example of Berlekamp's algorithm)",
    ),
    Value(
        "R.<t> = GF(2)[]; len([f for f in R.polynomials(of_degree=8) if f.is_irreducible()])",
        "30",
        "Lidl & Niederreiter, Finite Fields, Theorem 3.25; OEIS A001037",
    ),
    Value(
        "R.<x,y> = PolynomialRing(QQ, order='lex'); list(ideal(x^2 + y^2 - 1, x - y).groebner_basis())",
        "[x - y, y^2 - 1/2]",
        "Cox, Little & O'Shea, Ideals, Varieties, and Algorithms, 2.8",
    ),
    Value(
        "R.<x,y> = QQ[]; ideal(x^2, x*y).radical()",
        "Ideal (x) of Multivariate Polynomial Ring in x, y over Rational Field",
        "Atiyah & Macdonald, Introduction to Commutative Algebra, chapter 4",
    ),
    Value(
        "R.<x,y,z> = QQ[]; x^3 + y^3 + z^3 - 3*x*y*z in ideal(x + y + z)",
        "True",
        "Euler's identity; Cox, Little & O'Shea, 7.1 (symmetric polynomials)",
    ),
    Value(
        "R.<x,y,z> = QQ[]; ideal(x+y+z, x*y+y*z+z*x, x*y*z-1).vector_space_dimension()",
        "6",
        "Backelin & Froeberg 1991 (cyclic 3-roots: 6)",
    ),
    Value(
        "R.<x,y,z,w> = QQ[]; sage.rings.ideal.Cyclic(R, 4).dimension()",
        "1",
        "Backelin & Froeberg 1991 (cyclic 4-roots are not finite in number)",
    ),
    Value(
        "R.<a,b,c,d,f> = QQ[]; sage.rings.ideal.Cyclic(R, 5).vector_space_dimension()",
        "70",
        "Backelin & Froeberg 1991 (cyclic 5-roots: 70)",
    ),
]
