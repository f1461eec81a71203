"""Counts of partitions, permutations, trees, words."""

from tests.sage.values.value import Value

VALUES = [
    Value("number_of_partitions(100)", "190569292", "OEIS A000041; Hardy & Ramanujan 1918"),
    Value("number_of_partitions(200)", "3972999029388", "OEIS A000041; Hardy & Ramanujan 1918"),
    Value("[bell_number(n) for n in [0..8]]", "[1, 1, 2, 5, 15, 52, 203, 877, 4140]", "OEIS A000110"),
    Value("[catalan_number(n) for n in [0..8]]", "[1, 1, 2, 5, 14, 42, 132, 429, 1430]", "OEIS A000108"),
    Value(
        "[stirling_number2(5, k) for k in [1..5]]",
        "[1, 15, 25, 10, 1]",
        "Graham, Knuth & Patashnik, Concrete Mathematics, Table 258",
    ),
    Value(
        "[stirling_number1(5, k) for k in [1..5]]",
        "[24, 50, 35, 10, 1]",
        "Graham, Knuth & Patashnik, Concrete Mathematics, Table 259",
    ),
    Value("fibonacci(100)", "354224848179261915075", "OEIS A000045"),
    Value("lucas_number2(10, 1, -1)", "123", "OEIS A000032"),
    Value("[euler_number(n) for n in [0, 2, 4, 6, 8]]", "[1, -1, 5, -61, 1385]", "Abramowitz & Stegun, Table 23.2"),
    Value("Derangements(6).cardinality()", "265", "OEIS A000166"),
    Value("binomial(52, 5)", "2598960", "Feller, An Introduction to Probability Theory 1, II.2"),
    Value("factorial(20)", "2432902008176640000", "OEIS A000142"),
    Value("sum(1/k for k in [1..10])", "7381/2520", "OEIS A001008, A002805"),
    Value(
        "StandardTableaux([3, 2, 1]).cardinality()", "16", "Stanley, Enumerative Combinatorics 2, 7.21 (hook lengths)"
    ),
    Value("StandardTableaux([4, 4]).cardinality()", "14", "OEIS A000108; Stanley, Enumerative Combinatorics 2, 7.21"),
    Value("Permutations(5, avoiding=[1, 2, 3]).cardinality()", "42", "Knuth, TAOCP 1, 2.2.1; OEIS A000108"),
    Value("AlternatingSignMatrices(5).cardinality()", "429", "OEIS A005130"),
    Value("DyckWords(6).cardinality()", "132", "OEIS A000108"),
    Value("Compositions(8).cardinality()", "128", "Stanley, Enumerative Combinatorics 1, 1.2"),
    Value("SetPartitions(6, 3).cardinality()", "90", "OEIS A008277"),
    Value("posets.BooleanLattice(4).cardinality(), len([P for P in Posets(4)])", "(16, 16)", "OEIS A000112"),
    Value("Partitions(10, max_slope=-1).cardinality()", "10", "OEIS A000009"),
]
