"""Graphs and what is known of them."""

from tests.sage.values.value import Value

VALUES = [
    Value("graphs.PetersenGraph().chromatic_number()", "3", "Holton & Sheehan, The Petersen Graph"),
    Value("graphs.PetersenGraph().automorphism_group().order()", "120", "Holton & Sheehan, The Petersen Graph"),
    Value(
        "graphs.PetersenGraph().girth(), graphs.PetersenGraph().diameter()",
        "(5, 2)",
        "Holton & Sheehan, The Petersen Graph",
    ),
    Value("graphs.PetersenGraph().is_hamiltonian()", "False", "Holton & Sheehan, The Petersen Graph"),
    Value(
        "graphs.PetersenGraph().is_planar(), graphs.CompleteGraph(5).is_planar()",
        "(False, False)",
        "Diestel, Graph Theory, 4.4 (Kuratowski)",
    ),
    Value("graphs.PetersenGraph().spanning_trees_count()", "2000", "Biggs, Algebraic Graph Theory, 6 (complexity)"),
    Value("graphs.CompleteGraph(7).spanning_trees_count()", "16807", "Cayley 1889; OEIS A000272"),
    Value(
        "graphs.CompleteBipartiteGraph(3, 4).spanning_trees_count()",
        "432",
        "Stanley, Enumerative Combinatorics 2, 5 (m^(n-1) n^(m-1))",
    ),
    Value("graphs.HeawoodGraph().girth()", "6", "Biggs, Algebraic Graph Theory, 23 (cages)"),
    Value(
        "graphs.HeawoodGraph().automorphism_group().order()",
        "336",
        "Bondy & Murty, Graph Theory with Applications, Appendix III",
    ),
    Value("len(list(graphs(5)))", "34", "OEIS A000088"),
    Value("len(list(graphs.nauty_geng('6 -c')))", "112", "OEIS A001349"),
    Value("len(list(graphs.trees(9)))", "47", "OEIS A000055"),
    Value(
        "factor(graphs.CycleGraph(4).chromatic_polynomial()).expand()",
        "x^4 - 4*x^3 + 6*x^2 - 3*x",
        "Biggs, Algebraic Graph Theory, 9",
    ),
    Value("len(graphs.CycleGraph(5).independent_set())", "2", "Lovasz 1979"),
    Value(
        "graphs.GrotzschGraph().chromatic_number(), graphs.GrotzschGraph().is_triangle_free()",
        "(4, True)",
        "Bondy & Murty, Graph Theory with Applications, 8.5",
    ),
    Value(
        "graphs.HoffmanSingletonGraph().is_strongly_regular(parameters=True)",
        "(50, 7, 0, 1)",
        "Hoffman & Singleton 1960",
    ),
    Value("graphs.CubeGraph(4).automorphism_group().order()", "384", "Coxeter, Regular Polytopes, Table I"),
    Value(
        "sorted(graphs.PetersenGraph().spectrum(), reverse=True)",
        "[3, 1, 1, 1, 1, 1, -2, -2, -2, -2]",
        "Biggs, Algebraic Graph Theory, 3",
    ),
    Value("graphs.DodecahedralGraph().automorphism_group().order()", "120", "Coxeter, Regular Polytopes, 3.6"),
]
