/** The client's first module: everything that shows the page and its cells as text. The rest loads itself. */
import "./page";
