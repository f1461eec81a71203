# The image of `Containerfile`, with Sage: `make image SAGE=1` builds both. Sessions have Sage unless they ask for `python`.
ARG BASE=localhost/sagews
FROM ${BASE}

# The packages lie beside this file, as those of `Containerfile` do.
RUN --mount=type=bind,source=sage,target=/wheels \
    mkdir /etc/sagews \
 && PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels sagews environment install sage >/etc/sagews/sagews.toml \
 && printf '\n[[environment]]\nname = "python"\npreload = ["numpy", "scipy", "sympy", "matplotlib.pyplot", "pandas"]\n' \
      >>/etc/sagews/sagews.toml

CMD ["serve", "--config", "/etc/sagews/sagews.toml", "--host", "0.0.0.0", "--port", "8080"]
