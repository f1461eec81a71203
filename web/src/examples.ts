/** Cells to start from. Loaded after the page is shown. */
import { t } from "./language";

export interface Example {
  title: string;
  code: string;
}

export const EXAMPLES: readonly Example[] = [
  {
    title: t("Plot a function"),
    code: `import numpy as np
import matplotlib.pyplot as plt

x = np.linspace(0, 4 * np.pi, 500)
plt.plot(x, np.sin(x), label="sin x")
plt.plot(x, np.exp(-x / 6) * np.sin(2 * x), label="damped")
plt.legend();`,
  },
  {
    title: t("Integrate and factor"),
    code: `from sympy import *

x = symbols("x")
display(factor(x**6 - 1))
integrate(exp(-x**2) * cos(x), (x, -oo, oo))`,
  },
  {
    title: t("Linear algebra"),
    code: `from sympy import Matrix, symbols

t = symbols("t")
A = Matrix([[2, 1, 0], [1, 2, 1], [0, 1, 2]])
display(A.charpoly(t).as_expr().factor())
A.inv()`,
  },
  {
    title: t("Table of data"),
    code: `import numpy as np
import pandas as pd

n = np.arange(1, 9)
pd.DataFrame({"n": n, "n²": n**2, "√n": np.sqrt(n), "parity": np.where(n % 2, "odd", "even")})`,
  },
  {
    title: t("Animation"),
    code: `import numpy as np
import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation
from IPython.display import HTML

x = np.linspace(0, 2 * np.pi, 200)
figure, axes = plt.subplots(figsize=(5, 3))
(line,) = axes.plot(x, np.sin(x))
animation = FuncAnimation(figure, lambda i: line.set_ydata(np.sin(x + i / 4)), frames=25, interval=60)
plt.close(figure)
HTML(animation.to_jshtml())`,
  },
  {
    title: t("A long computation"),
    code: `from time import sleep
from tqdm import tqdm

total = 0
for n in tqdm(range(1, 101)):
    total += 1 / n**2
    sleep(0.05)
print("sum of 1/n² up to 100:", total)`,
  },
  {
    title: t("Ask the reader"),
    code: `from sympy import factorint

n = int(input(${JSON.stringify(t("A whole number: "))}))
print(n, "=", " · ".join(f"{p}^{e}" if e > 1 else str(p) for p, e in factorint(n).items()))`,
  },
];
