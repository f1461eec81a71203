"""Elliptic curves and modular forms."""

from tests.sage.values.value import Value

VALUES = [
    Value("EllipticCurve('37a1').rank()", "1", "Cremona, Algorithms for Modular Elliptic Curves, Table 1, 37A1"),
    Value(
        "EllipticCurve('11a1').ainvs()",
        "(0, -1, 1, -10, -20)",
        "Cremona, Algorithms for Modular Elliptic Curves, Table 1, 11A1",
    ),
    Value(
        "EllipticCurve('11a1').torsion_order()", "5", "Cremona, Algorithms for Modular Elliptic Curves, Table 1, 11A1"
    ),
    Value(
        "EllipticCurve([0, 0, 1, -1, 0]).conductor()",
        "37",
        "Cremona, Algorithms for Modular Elliptic Curves, Table 1, 37A1",
    ),
    Value(
        "EllipticCurve([0, 1, 1, -2, 0]).rank()", "2", "Cremona, Algorithms for Modular Elliptic Curves, Table 1, 389A1"
    ),
    Value("EllipticCurve([0, 0, 1, -7, 6]).conductor()", "5077", "Buhler, Gross & Zagier 1985"),
    Value("EllipticCurve([0, 0, 1, -7, 6]).rank()", "3", "Buhler, Gross & Zagier 1985"),
    Value(
        "EllipticCurve([0, -1, 1, -10, -20]).discriminant()",
        "-161051",
        "Cremona, Algorithms for Modular Elliptic Curves, Table 1, 11A1 (-11^5)",
    ),
    Value("[EllipticCurve('11a1').ap(p) for p in primes(20)]", "[-2, -1, 1, -2, 1, 4, -2, 0]", "OEIS A006571"),
    Value(
        "EllipticCurve([-1, 0]).j_invariant(), EllipticCurve([0, 1]).j_invariant()",
        "(1728, 0)",
        "Silverman, The Arithmetic of Elliptic Curves, III.1",
    ),
    Value(
        "EllipticCurve([0, 1]).torsion_subgroup().invariants()",
        "(6,)",
        "Husemoller, Elliptic Curves, 1.3 (Theorem 3.3: y^2 = x^3 + 1)",
    ),
    Value("EllipticCurve([-1, 0]).torsion_order()", "4", "Silverman, The Arithmetic of Elliptic Curves, X.6"),
    Value("EllipticCurve('27a1').has_cm()", "True", "LMFDB 27.a3 (discriminant -3)"),
    Value("list(delta_qexp(8))", "[0, 1, -24, 252, -1472, 4830, -6048, -16744]", "OEIS A000594"),
    Value("CuspForms(Gamma0(11), 2).dimension()", "1", "OEIS A001617 (genus of X_0(11))"),
    Value("CuspForms(Gamma0(23), 2).dimension()", "2", "OEIS A001617"),
    Value(
        "[ModularForms(1, k).dimension() for k in [4, 6, 8, 10, 12, 14]]",
        "[1, 1, 1, 1, 2, 1]",
        "Serre, A Course in Arithmetic, VII.3",
    ),
    Value("j_invariant_qexp(3).list()", "[1, 744, 196884, 21493760]", "OEIS A000521"),
]
