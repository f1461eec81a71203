/** What the languages of code call themselves, by their names on the wire. They are names, the same in every language. */
export const TITLES: Readonly<Record<string, string>> = {
  sage: "Sage",
  gap: "GAP",
  gp: "GP",
  html: "HTML",
  macaulay2: "Macaulay2",
  maxima: "Maxima",
  octave: "Octave",
  python: "Python",
  r: "R",
  singular: "Singular",
};
