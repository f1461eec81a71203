"""Finite groups, by GAP."""

from tests.sage.values.value import Value

VALUES = [
    Value("MathieuGroup(11).order()", "7920", "Conway et al., ATLAS of Finite Groups, M11"),
    Value("MathieuGroup(12).order()", "95040", "Conway et al., ATLAS of Finite Groups, M12"),
    Value("MathieuGroup(22).order()", "443520", "Conway et al., ATLAS of Finite Groups, M22"),
    Value("MathieuGroup(23).order()", "10200960", "Conway et al., ATLAS of Finite Groups, M23"),
    Value("MathieuGroup(24).order()", "244823040", "Conway et al., ATLAS of Finite Groups, M24"),
    Value("len(MathieuGroup(11).conjugacy_classes())", "10", "Conway et al., ATLAS of Finite Groups, M11"),
    Value(
        "sorted(chi.degree() for chi in MathieuGroup(11).irreducible_characters())",
        "[1, 10, 10, 10, 11, 16, 16, 44, 45, 55]",
        "Conway et al., ATLAS of Finite Groups, M11",
    ),
    Value("PSL(2, 7).order()", "168", "Conway et al., ATLAS of Finite Groups, L2(7)"),
    Value("PSL(2, 7).is_simple()", "True", "Conway et al., ATLAS of Finite Groups, L2(7)"),
    Value("PSL(3, 4).order()", "20160", "Conway et al., ATLAS of Finite Groups, L3(4)"),
    Value("AlternatingGroup(8).order()", "20160", "Conway et al., ATLAS of Finite Groups, A8"),
    Value("PSU(3, 3).order()", "6048", "Conway et al., ATLAS of Finite Groups, U3(3)"),
    Value("Sp(4, GF(3)).order()", "51840", "Conway et al., ATLAS of Finite Groups, U4(2) (2 x 25920)"),
    Value("SuzukiGroup(8).order()", "29120", "Conway et al., ATLAS of Finite Groups, Sz(8)"),
    Value("len(AlternatingGroup(5).conjugacy_classes())", "5", "Conway et al., ATLAS of Finite Groups, A5"),
    Value("len(SymmetricGroup(4).subgroups())", "30", "OEIS A005432"),
    Value("len(SymmetricGroup(5).conjugacy_classes_subgroups())", "19", "OEIS A000638"),
    Value("[libgap.NumberSmallGroups(n) for n in [8, 16, 32, 64]]", "[5, 14, 51, 267]", "OEIS A000679"),
    Value("QuaternionGroup().center().order()", "2", "Rotman, An Introduction to the Theory of Groups, chapter 4"),
    Value(
        "SymmetricGroup(4).sylow_subgroup(2).order()", "8", "Rotman, An Introduction to the Theory of Groups, chapter 4"
    ),
    Value("WeylGroup(['E', 8]).cardinality()", "696729600", "Humphreys, Reflection Groups and Coxeter Groups, 2.11"),
    Value("WeylGroup(['F', 4]).cardinality()", "1152", "Humphreys, Reflection Groups and Coxeter Groups, 2.11"),
    Value(
        "RootSystem(['E', 6]).root_lattice().cartan_type().coxeter_number()",
        "12",
        "Humphreys, Reflection Groups and Coxeter Groups, 3.18",
    ),
]
