"""Values that are known from books and tables, by area.

Most have been computed once more without Sage: by PARI/GP, GAP and Singular of
the system, by sympy, mpmath and networkx, or by trying all cases; some follow
from a formula or an identity that their source names. Where a page of a source
could be read it has been; of other books and tables the place is named as far
as it is known, and the value stands by its computation. Two are neither quick
to compute nor to try, and rest on two tables each: the numbers of groups of
order 32 and 64 (OEIS A000679, A000001), and of reflexive polygons (Cox, Little
& Schenck; Kasprzyk & Nill 2012).
"""
