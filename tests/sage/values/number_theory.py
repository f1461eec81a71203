"""Primes, arithmetic functions, congruences, continued fractions."""

from tests.sage.values.value import Value

VALUES = [
    Value("factor(2^32 + 1)", "641 * 6700417", "Hardy & Wright, Theory of Numbers, 2.5 (Euler's factor of F5)"),
    Value("factor(2^64 + 1)", "274177 * 67280421310721", "Hardy & Wright, Theory of Numbers, 2.5 (F6, Landry)"),
    Value("factor(2^67 - 1)", "193707721 * 761838257287", "Hardy & Wright, Theory of Numbers, 2.5 (M67, Cole 1903)"),
    Value("factor(2^11 - 1)", "23 * 89", "OEIS A001348"),
    Value("prime_pi(10^9)", "50847534", "OEIS A006880"),
    Value("nth_prime(1000)", "7919", "OEIS A006988"),
    Value("nth_prime(10^6)", "15485863", "OEIS A006988"),
    Value(
        "[p for p in primes(130) if is_prime(2^p - 1)]",
        "[2, 3, 5, 7, 13, 17, 19, 31, 61, 89, 107, 127]",
        "OEIS A000043",
    ),
    Value("[n for n in [1..10000] if sigma(n) == 2*n]", "[6, 28, 496, 8128]", "OEIS A000396"),
    Value("sigma(220) - 220, sigma(284) - 284", "(284, 220)", "OEIS A063990 (amicable numbers)"),
    Value("euler_phi(30)", "8", "Abramowitz & Stegun, Table 24.6"),
    Value("moebius(30), moebius(12), moebius(1)", "(-1, 0, 1)", "Hardy & Wright, Theory of Numbers, 16.3"),
    Value("sum(moebius(n) for n in [1..1000])", "2", "OEIS A084237 (Mertens' function of 10^n)"),
    Value(
        "[n for n in [2..2000] if not is_prime(n) and power_mod(2, n, n) == 2]",
        "[341, 561, 645, 1105, 1387, 1729, 1905]",
        "OEIS A001567",
    ),
    Value("factor(1729)", "7 * 13 * 19", "OEIS A002997 (Carmichael numbers)"),
    Value(
        "len([1 for a in [1..12] for b in [a..12] if a^3 + b^3 == 1729])",
        "2",
        "OEIS A001235 (taxi-cab numbers)",
    ),
    Value(
        "[p for p in primes(3600) if power_mod(2, p - 1, p^2) == 1]", "[1093, 3511]", "OEIS A001220 (Wieferich primes)"
    ),
    Value("crt([2, 3, 2], [3, 5, 7])", "23", "Sun Zi Suanjing, III.26; Knuth, TAOCP 2, 4.3.2"),
    Value("primitive_root(41)", "6", "OEIS A001918; Abramowitz & Stegun, Table 24.8"),
    Value("primitive_root(191)", "19", "OEIS A001918; Abramowitz & Stegun, Table 24.8"),
    Value("kronecker(3, 11), kronecker(2, 11)", "(1, -1)", "Hardy & Wright, Theory of Numbers, 6.8 and 6.11"),
    Value(
        "continued_fraction(sqrt(7))",
        "[2; 1, 1, 1, 4, 1, 1, 1, 4, 1, 1, 1, 4, 1, 1, 1, 4, 1, 1, 1, ...]",
        "OEIS A010121",
    ),
    Value("[continued_fraction(e)[n] for n in range(10)]", "[2, 1, 2, 1, 1, 4, 1, 1, 6, 1]", "OEIS A003417"),
    Value(
        "list(continued_fraction(pi).convergents()[:5])",
        "[3, 22/7, 333/106, 355/113, 103993/33102]",
        "OEIS A002485, A002486",
    ),
    Value("QuadraticField(-163, 'a').class_number()", "1", "Cohen, Computational Algebraic Number Theory, 7.2"),
    Value(
        "[d for d in [1..200] if is_squarefree(d) and QuadraticField(-d, 'a').class_number() == 1]",
        "[1, 2, 3, 7, 11, 19, 43, 67, 163]",
        "OEIS A003173 (Heegner numbers)",
    ),
    Value(
        "QuadraticField(-23, 'a').class_number(), QuadraticField(-47, 'a').class_number()",
        "(3, 5)",
        "Cohen, Computational Algebraic Number Theory, Appendix B.1",
    ),
    Value(
        "min(y for y in [2..4000] if is_square(61*y^2 - 4))",
        "5",
        "Cohen, Computational Algebraic Number Theory, Appendix B.2 (unit of 61: (39 + 5 sqrt 61)/2)",
    ),
    Value("next(n for n in [1..1000] if len(divisors(n)) >= 24)", "360", "OEIS A002182 (highly composite numbers)"),
    Value("two_squares(65), two_squares(5)", "((1, 8), (1, 2))", "OEIS A000404"),
    Value("is_pseudoprime(2^127 - 1), is_prime(2^129 - 1)", "(True, False)", "OEIS A000043"),
    Value("bernoulli(12)", "-691/2730", "Abramowitz & Stegun, Table 23.2"),
    Value("bernoulli(20)", "-174611/330", "Abramowitz & Stegun, Table 23.2"),
]
