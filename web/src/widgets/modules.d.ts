/** A module of AMD in fact: `inside-modules.ts`. */
declare module "anywidget";

declare module "jupyter-matplotlib" {
  /** Its models and views, by their names. */
  const classes: Record<string, unknown>;
  export = classes;
}
