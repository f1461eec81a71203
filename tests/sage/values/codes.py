"""Codes, ciphers, numerical work and probability."""

from tests.sage.values.value import Value

VALUES = [
    Value(
        "codes.GolayCode(GF(2)).minimum_distance()",
        "8",
        "MacWilliams & Sloane, The Theory of Error-Correcting Codes, 2.6",
    ),
    Value(
        "codes.GolayCode(GF(2), False).minimum_distance()",
        "7",
        "MacWilliams & Sloane, The Theory of Error-Correcting Codes, 2.6",
    ),
    Value(
        "[(n, c) for n, c in enumerate(codes.GolayCode(GF(2)).weight_distribution()) if c]",
        "[(0, 1), (8, 759), (12, 2576), (16, 759), (24, 1)]",
        "MacWilliams & Sloane, The Theory of Error-Correcting Codes, 2.6",
    ),
    Value(
        "codes.HammingCode(GF(2), 3)",
        "[7, 4] Hamming Code over GF(2)",
        "MacWilliams & Sloane, The Theory of Error-Correcting Codes, 1.7",
    ),
    Value(
        "codes.HammingCode(GF(2), 3).weight_distribution()",
        "[1, 0, 0, 7, 7, 0, 0, 1]",
        "MacWilliams & Sloane, The Theory of Error-Correcting Codes, 1.7",
    ),
    Value(
        "codes.GolayCode(GF(3), False).minimum_distance()",
        "5",
        "MacWilliams & Sloane, The Theory of Error-Correcting Codes, 20",
    ),
    Value(
        "codes.BinaryReedMullerCode(1, 5).minimum_distance()",
        "16",
        "MacWilliams & Sloane, The Theory of Error-Correcting Codes, 13.3",
    ),
    Value(
        "power_mod(65, 17, 3233), inverse_mod(17, 780)",
        "(2790, 413)",
        "Menezes et al., Handbook of Applied Cryptography, 8.2 (by its rule: p = 61, q = 53)",
    ),
    Value(
        "discrete_log(mod(57, 113), mod(3, 113))",
        "100",
        "Menezes et al., Handbook of Applied Cryptography, 3.6.2 (3^100 = 57)",
    ),
    Value(
        "discrete_log(mod(228, 383), mod(2, 383), 191)",
        "110",
        "Menezes et al., Handbook of Applied Cryptography, 3.6.3 (2^110 = 228)",
    ),
    Value("round(find_root(cos(x) - x, 0, 1), 9)", "0.739085133", "OEIS A003957"),
    Value("mean([1, 2, 3, 4])", "5/2", "Feller, An Introduction to Probability Theory 1, IX.2"),
    Value(
        "round(RealDistribution('gaussian', 1).cum_distribution_function(1.96), 7)",
        "0.9750021",
        "Abramowitz & Stegun, Table 26.1",
    ),
]
