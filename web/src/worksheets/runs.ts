/** STUB until runs come. */
import type { Connection } from "../connection";
import type { Evaluation } from "../evaluation";
import { Watched } from "../watch";

export class Runs extends Watched {
  session = { state: "none", reason: "", environment: "" };
  onNews: ((cell: string, evaluation: Evaluation) => void) | undefined;
  constructor(readonly connection: Connection, readonly worksheet: () => string) { super(); }
  evaluation(_cell: string): (Evaluation & { ordinal: number; sourceHash: string }) | undefined { return undefined; }
  evaluate(_cell: string, _code: string): void { this.changed(); }
  interrupt(): void { this.changed(); }
  restart(): void { this.changed(); }
  reply(_evaluation: Evaluation, _sequence: number, _text: string): void { this.changed(); }
  complete(_code: string, _cursor: number): Promise<string | undefined> { return Promise.resolve(undefined); }
  inspect(_code: string, _cursor: number): Promise<string | undefined> { return Promise.resolve(undefined); }
}
