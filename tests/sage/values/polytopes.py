"""Polytopes, lattices and knots."""

from tests.sage.values.value import Value

VALUES = [
    Value("polytopes.cube().f_vector()", "(1, 8, 12, 6, 1)", "Coxeter, Regular Polytopes, Table I"),
    Value("polytopes.icosahedron().f_vector()", "(1, 12, 30, 20, 1)", "Coxeter, Regular Polytopes, Table I"),
    Value("polytopes.twenty_four_cell().f_vector()", "(1, 24, 96, 96, 24, 1)", "Coxeter, Regular Polytopes, Table I"),
    Value("polytopes.hypercube(4).f_vector()", "(1, 16, 32, 24, 8, 1)", "Coxeter, Regular Polytopes, Table I"),
    Value(
        "polytopes.permutahedron(4).n_vertices(), polytopes.permutahedron(4).n_facets()",
        "(24, 14)",
        "Ziegler, Lectures on Polytopes, Example 0.10",
    ),
    Value(
        "polytopes.Birkhoff_polytope(3).dimension(), polytopes.Birkhoff_polytope(3).n_facets()",
        "(4, 9)",
        "Ziegler, Lectures on Polytopes, Example 0.12",
    ),
    Value("polytopes.cross_polytope(4).volume()", "2/3", "Coxeter, Regular Polytopes, 7.3 (2^n / n!)"),
    Value(
        "polytopes.cyclic_polytope(4, 7).n_facets()", "14", "Ziegler, Lectures on Polytopes, Theorem 8.23 (upper bound)"
    ),
    Value("len(ReflexivePolytopes(2))", "16", "Cox, Little & Schenck, Toric Varieties, 8.3"),
    Value(
        "QuadraticForm(2*identity_matrix(4)).representation_number_list(6)",
        "[1, 8, 24, 32, 24, 48]",
        "OEIS A000118; Hardy & Wright, 20.12",
    ),
    Value("matrix(CartanMatrix(['E', 8])).det()", "1", "Conway & Sloane, Sphere Packings, Lattices and Groups, 4.8"),
    Value(
        "QuadraticForm(ZZ, matrix(CartanMatrix(['E', 8]))).representation_number_list(3)",
        "[1, 240, 2160]",
        "Conway & Sloane, Sphere Packings, Lattices and Groups, 4.8; OEIS A004009",
    ),
    Value("Knot(BraidGroup(2)([1, 1, 1])).determinant()", "3", "Rolfsen, Knots and Links, Appendix C, 3_1"),
    Value(
        "Knot(BraidGroup(3)([1, -2, 1, -2])).determinant(), Knot(BraidGroup(3)([1, -2, 1, -2])).signature()",
        "(5, 0)",
        "Rolfsen, Knots and Links, Appendix C, 4_1",
    ),
    Value("Knot(BraidGroup(2)([1, 1, 1])).genus()", "1", "Rolfsen, Knots and Links, Appendix C, 3_1"),
]
