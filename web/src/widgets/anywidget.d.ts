/** A module of AMD in fact: `inside-modules.ts`. */
declare module "anywidget";
