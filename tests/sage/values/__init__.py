"""Values that are known from books and tables, by area.

Each has been computed once more without Sage: by PARI/GP, GAP and Singular of
the system, by sympy, mpmath and networkx, or by trying all cases. OEIS, DLMF,
LMFDB and what of Abramowitz & Stegun can be read have been looked up; of other
books the place is named as far as it is known, and the value stands by its
computation. Two are neither quick to compute nor to try, and rest on two
tables each: the numbers of groups of order 32 and 64 (OEIS A000679, A000001),
and of reflexive polygons (Cox, Little & Schenck; Kasprzyk & Nill 2012).
"""
