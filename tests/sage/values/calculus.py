"""Symbolic integrals, sums, limits, series and differential equations."""

from tests.sage.values.value import Value

VALUES = [
    Value("var('x n k a'); integrate(sin(x)^2, x, 0, pi)", "1/2*pi", "Gradshteyn & Ryzhik 3.621"),
    Value("integrate(exp(-x^2), x, -oo, oo)", "sqrt(pi)", "Gradshteyn & Ryzhik 3.321.3"),
    Value("integrate(1/(1 + x^2), x, 0, 1)", "1/4*pi", "NIST DLMF 4.24.9 (arctan 1)"),
    Value("integrate(log(x), x)", "x*log(x) - x", "Abramowitz & Stegun 4.1.49"),
    Value("integrate(x*exp(x), x)", "(x - 1)*e^x", "Gradshteyn & Ryzhik 2.322.1"),
    Value("integrate(sin(x)/x, x, 0, oo)", "1/2*pi", "Gradshteyn & Ryzhik 3.721.1"),
    Value(
        "integrate(x^4*(1 - x)^4/(1 + x^2), x, 0, 1)",
        "-pi + 22/7",
        "Dalzell, On 22/7 and 355/113, Eureka 34 (1971)",
    ),
    Value("integrate(x^3*exp(-x), x, 0, oo)", "6", "Abramowitz & Stegun 6.1.1"),
    Value("sum(k, k, 1, n).factor()", "1/2*(n + 1)*n", "Graham, Knuth & Patashnik, Concrete Mathematics (1.5)"),
    Value(
        "sum(k^2, k, 1, n).factor()",
        "1/6*(2*n + 1)*(n + 1)*n",
        "Graham, Knuth & Patashnik, Concrete Mathematics (2.38)",
    ),
    Value("sum(1/k^2, k, 1, oo)", "1/6*pi^2", "Abramowitz & Stegun 23.2.24"),
    Value("sum(1/k^4, k, 1, oo)", "1/90*pi^4", "Abramowitz & Stegun 23.2.25"),
    Value("sum(binomial(n, k), k, 0, n)", "2^n", "Graham, Knuth & Patashnik, Concrete Mathematics, 5.1"),
    Value("sum((-1)^k/(2*k + 1), k, 0, oo)", "1/4*pi", "NIST DLMF 4.24.3 (arctan 1, Leibniz)"),
    Value("limit(sin(x)/x, x=0)", "1", "Abramowitz & Stegun 4.3.74"),
    Value("limit((1 + 1/x)^x, x=oo)", "e", "Abramowitz & Stegun 4.2.21"),
    Value("taylor(tan(x), x, 0, 7)", "17/315*x^7 + 2/15*x^5 + 1/3*x^3 + x", "Abramowitz & Stegun 4.3.67"),
    Value("taylor(x/(exp(x) - 1), x, 0, 4)", "-1/720*x^4 + 1/12*x^2 - 1/2*x + 1", "Abramowitz & Stegun 23.1.1"),
    Value("diff(arctan(x), x)", "1/(x^2 + 1)", "NIST DLMF 4.24.9"),
    Value("diff(x^x, x).subs(x=1)", "1", "Gradshteyn & Ryzhik 0.43"),
    Value(
        "y = function('y')(x); desolve(diff(y, x) - y, y)",
        "_C*e^x",
        "Boyce & DiPrima, Elementary Differential Equations, 1.2",
    ),
    Value(
        "desolve(diff(y, x, 2) + y, y, ics=[0, 0, 1])",
        "sin(x)",
        "Boyce & DiPrima, Elementary Differential Equations, 3.3",
    ),
    Value("var('t s'); laplace(sin(t), t, s)", "1/(s^2 + 1)", "Abramowitz & Stegun 29.3.15"),
    Value("laplace(t^2, t, s)", "2/s^3", "Abramowitz & Stegun 29.3.3"),
]
