import { WrongResult } from '../../harness/wrong-result.ts';

/** A Python program, and what it has to answer when it finds a clean interpreter. */
export interface Request {
  readonly name: string;
  readonly words: string;
  readonly source: string;
  readonly answer: string;
}

/** Looks for what `POLLUTE` leaves behind. */
const LOOK_FOR_TRACES = `
import json, sys
traces = [name for name in ("seen", "leak") if name in globals()]
traces += ["json.dumps"] if json.dumps.__module__ != "json" else []
traces += ["sys.modules"] if "intruder" in sys.modules else []
`;

/** A global, a patched module, a module of one's own. */
const POLLUTE = `
import types
seen = True
json.dumps = lambda value: "patched"
sys.modules["intruder"] = types.ModuleType("intruder")
`;

const BODY = JSON.stringify(
  Array.from({ length: 40 }, (_, id) => ({ id, customer: `c${id % 7}`, cents: (id * 7919) % 10_007 })),
);

/** What a handler of a small service does: reads a JSON body, adds up, answers with JSON. */
const HANDLER: Request = {
  name: 'handler',
  words: 'a small JSON handler',
  source: `${LOOK_FOR_TRACES}
totals = {}
for order in json.loads('${BODY}'):
    totals[order["customer"]] = totals.get(order["customer"], 0) + order["cents"]
answer = f"{traces} {json.dumps(totals)}"
${POLLUTE}
answer
`,
  answer: '[] {"c0": 20928, "c1": 38421, "c2": 25893, "c3": 33379, "c4": 30858, "c5": 21794, "c6": 31368}',
};

/** The same on more data, with collections and regular expressions, and a list that has grown. */
const CRUNCHER: Request = {
  name: 'cruncher',
  words: 'JSON of 400 orders, regular expressions, a list that grows',
  source: `${LOOK_FOR_TRACES}
import collections, re
orders = [{"id": n, "customer": f"c{n % 37}", "cents": n * 7919 % 10007} for n in range(400)]
totals = collections.defaultdict(int)
for order in json.loads(json.dumps(orders)):
    totals[order["customer"]] += order["cents"]
best = max(totals, key=lambda name: (totals[name], name))
words = len(re.findall(r"c\\d+", json.dumps(totals)))
leak = [bytes(64) for _ in range(2000)]
answer = f"{traces} {words} {best} {totals[best]}"
${POLLUTE}
answer
`,
  answer: '[] 37 c24 63090',
};

export const REQUESTS: readonly Request[] = [HANDLER, CRUNCHER];

/** @throws {WrongResult} when the request found traces of an earlier one, or computed something else. */
export function checkAnswer({ name, answer }: Request, answered: unknown): void {
  if (answered !== answer) {
    throw new WrongResult(`${name}: Python answered ${JSON.stringify(answered)} instead of '${answer}'`);
  }
}
