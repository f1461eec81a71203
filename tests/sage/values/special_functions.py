"""Special functions and constants."""

from tests.sage.values.value import Value

VALUES = [
    Value("zeta(2)", "1/6*pi^2", "NIST DLMF 25.6.1"),
    Value("zeta(-1), zeta(0)", "(-1/12, -1/2)", "NIST DLMF 25.6.1, 25.6.3"),
    Value("zeta(3).n(digits=20)", "1.2020569031595942854", "Abramowitz & Stegun, Table 23.3; OEIS A002117"),
    Value("gamma(1/2)", "sqrt(pi)", "Abramowitz & Stegun 6.1.8"),
    Value("gamma(1/3).n(digits=12)", "2.67893853471", "Abramowitz & Stegun 6.1.11; OEIS A073005"),
    Value("gamma(1/4).n(digits=12)", "3.62560990822", "Abramowitz & Stegun 6.1.10; OEIS A068466"),
    Value("euler_gamma.n(digits=20)", "0.57721566490153286061", "Abramowitz & Stegun 6.1.3; OEIS A001620"),
    Value("catalan.n(digits=15)", "0.915965594177219", "Abramowitz & Stegun 23.2.23; OEIS A006752"),
    Value("pi.n(digits=30)", "3.14159265358979323846264338328", "Abramowitz & Stegun, Table 1.1; OEIS A000796"),
    Value("e.n(digits=20)", "2.7182818284590452354", "Abramowitz & Stegun, Table 1.1; OEIS A001113"),
    Value("golden_ratio.n(digits=15)", "1.61803398874989", "OEIS A001622"),
    Value("log(2).n(digits=20)", "0.69314718055994530942", "Abramowitz & Stegun, Table 1.1; OEIS A002162"),
    Value("round(bessel_J(0, 1.0), 10)", "0.7651976866", "Abramowitz & Stegun, Table 9.1"),
    Value("round(bessel_J(1, 1.0), 10)", "0.4400505857", "Abramowitz & Stegun, Table 9.1"),
    Value("round(find_root(lambda t: bessel_J(0, t), 2, 3), 8)", "2.40482556", "Abramowitz & Stegun, Table 9.5"),
    Value("round(erf(1.0), 10)", "0.8427007929", "Abramowitz & Stegun, Table 7.1"),
    Value("round(airy_ai(0).n(), 8)", "0.35502805", "Abramowitz & Stegun 10.4.4"),
    Value("round(elliptic_kc(0.5), 8)", "1.85407468", "Abramowitz & Stegun, Table 17.1"),
    Value("round(dilog(1.0).real(), 10)", "1.6449340668", "NIST DLMF 25.12.1, 25.6.1 (the series at 1)"),
    Value("beta(2, 3)", "1/12", "Abramowitz & Stegun 6.2.2"),
    Value(
        "CC(zeta(1/2 + 14.134725141734693790*I)).abs() < 1e-12",
        "True",
        "Titchmarsh, The Riemann Zeta-function, chapter 15; OEIS A058303",
    ),
    Value("round(exp_integral_e1(1.0), 9)", "0.219383934", "Abramowitz & Stegun, Table 5.1"),
    Value("lambert_w(0), lambert_w(e)", "(0, 1)", "NIST DLMF 4.13"),
]
