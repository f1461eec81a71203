/** Lines with ANSI colour codes, as DOM. */
import { AnsiUp } from "ansi_up";

const painter = new AnsiUp();
painter.use_classes = true;

/** Returns lines as one fragment; a line in which there is no colour becomes plain text. */
export function paint(lines: readonly string[]): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let plain: string[] = [];
  const flush = () => {
    if (plain.length > 0) fragment.append(plain.join("\n") + "\n");
    plain = [];
  };
  for (const line of lines) {
    if (line.includes("\x1b")) {
      flush();
      fragment.append(paintLine(line), "\n");
    } else {
      plain.push(line);
    }
  }
  flush();
  return fragment;
}

/** Returns one line. Each line carries its own codes, so that none leak from the line before. */
function paintLine(line: string): DocumentFragment {
  const template = document.createElement("template");
  // ansi_up escapes the text.
  template.innerHTML = painter.ansi_to_html(`${line}\x1b[0m`);
  return template.content;
}
