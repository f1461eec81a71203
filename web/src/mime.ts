/** Which of the forms of an output is shown: the MIME switch. */
import { textOf, type Fields } from "./content";

/** Best first. What is not listed is never shown. */
const PREFERENCE = [
  "application/vnd.jupyter.widget-view+json",
  "application/javascript",
  "text/html",
  "text/markdown",
  "image/svg+xml",
  "text/latex",
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "audio/wav",
  "audio/mpeg",
  "audio/ogg",
  "video/mp4",
  "video/webm",
  "application/json",
  "text/plain",
] as const;

export type MimeType = (typeof PREFERENCE)[number];

/** Returns the MIME type to show of a bundle; undefined if there is none that a page can show. */
export function chooseMime(data: Fields): MimeType | undefined {
  return PREFERENCE.find((type) => type in data);
}

/** Returns the `data:` address of binary data, which comes as base64. */
export function dataAddress(type: string, data: unknown): string {
  return `data:${type};base64,${textOf(data).replaceAll(/\s/g, "")}`;
}
