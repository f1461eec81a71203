/** Modules of widgets that are not ipywidgets' own. Nothing is loaded from another site: the frame's policy refuses it. */

type Factory = (base: unknown) => Record<string, unknown>;

let anywidget: Promise<Record<string, unknown>> | undefined;

export async function moduleOf(name: string, base: unknown): Promise<Record<string, unknown>> {
  if (name === "jupyter-matplotlib") return (await import("./inside-figures")).classes;
  if (name !== "anywidget") throw new Error(`The module ${name} is not on this site: only ipywidgets, anywidget and ipympl are.`);
  anywidget ??= load(base);
  return anywidget;
}

/** anywidget's code is a module of AMD, for which `define` is there while it is evaluated. */
async function load(base: unknown): Promise<Record<string, unknown>> {
  let factory: Factory | undefined;
  const place = globalThis as { define?: (needs: string[], made: Factory) => void };
  place.define = (_needs, made) => { factory = made; };
  try {
    await import("anywidget");
  } finally {
    delete place.define;
  }
  if (factory === undefined) throw new Error("anywidget could not be loaded");
  return factory(base);
}
