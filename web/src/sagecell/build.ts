/** The names of the files of this build, filled in by build.mjs, and where they are. */

declare const SAGECELL: { live: string; formulas: string; parts: string[]; editor: string[]; evaluating: string[]; jquery: string; languages: Record<string, string> };

const names = SAGECELL;
export { names as SAGECELL };

/** Returns the address of a file of the build of the site with this root. */
export function inBuild(root: string, name: string): string {
  return new URL(`static/${name}`, new URL(root, location.href)).href;
}
