"""Short computations whose values are known from books and tables, by area of mathematics."""
