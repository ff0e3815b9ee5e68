// The Node SDK along the walk of tests/conformance/walk.py: a step comes as a line of JSON, what became of it goes
// back as another. Nothing is said here about single resources: the SDK's objects know their paths (`_uri`), and the
// one whose path is the step's is called.
'use strict';
const { createInterface } = require('node:readline');
const twilio = require('twilio');

const VERSIONS = { api: 'v2010', voice: 'v1', monitor: 'v1', events: 'v1' };
const METHODS = { GET: ['list', 'fetch'], POST: ['create', 'update'], DELETE: ['remove'] };
const SETTINGS_ARE_ELSEWHERE = 1; // voice.v1.dialingPermissions holds /Settings: a step off the path

const client = twilio(process.env.TWILIO_ACCOUNT_SID, process.env.TWILIO_AUTH_TOKEN, {
  timeout: 30000,
  autoRetry: true,
});
const request = client.request.bind(client);
const sent = new Set(); // the names of the parameters of a step
let body; // of the latest answer

client.request = async (options) => {
  const data = { ...options.data, ...options.params };
  Object.keys(data).filter((name) => data[name] !== undefined).forEach((name) => sent.add(name));
  const answer = await request(options);
  body = answer.body;
  return answer;
};

const segments = (path) => path.replace(/\.json$/, '').split('/').filter(Boolean);

function members(at) {
  const names = new Set();
  for (let from = at; from && from !== Function.prototype && from !== Object.prototype; ) {
    Object.getOwnPropertyNames(from).forEach((name) => names.add(name));
    from = Object.getPrototypeOf(from);
  }
  return [...names].filter((name) => !name.startsWith('_') && !['caller', 'callee', 'arguments'].includes(name));
}

// Every object at or below `at` whose path is the one sought, with its expression.
function* search(at, expression, sought, astray) {
  const here = segments(at._uri ?? '');
  const isOnTheWay = here.every((segment, n) => segment === sought[n]);
  const left = isOnTheWay ? astray : astray - 1;
  if (left < 0) return;
  if (isOnTheWay && at._uri && here.length === sought.length) yield [expression, at];
  for (const name of members(at)) {
    if (typeof at[name]?._uri === 'string') yield* search(at[name], `${expression}.${name}`, sought, left);
  }
  if (typeof at !== 'function') return;
  if (at.length === 0) yield* search(at(), `${expression}()`, sought, left);
  else if (at.length === 1 && isOnTheWay && here.length < sought.length) {
    const sid = sought[here.length];
    yield* search(at(sid), `${expression}(${JSON.stringify(sid)})`, sought, left);
  }
}

function find({ method, path, product }) {
  const version = VERSIONS[product];
  const sought = segments(path).slice(1); // the version is in the step's path, and not in the SDK's
  for (const [expression, found] of search(client[product][version], `${product}.${version}`, sought, SETTINGS_ARE_ELSEWHERE)) {
    const name = METHODS[method].find((one) => typeof found[one] === 'function');
    if (name) return [`${expression}.${name}`, found[name].bind(found)];
  }
  return undefined;
}

// `StartTime<` is startTimeBefore in the SDK, and a number of rows is a number.
function named(params) {
  const endings = { '<': 'Before', '>': 'After' };
  const argument = (name) => name.replace(/[<>]$/, (sign) => endings[sign]).replace(/^./, (first) => first.toLowerCase());
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [argument(name), name === 'PageSize' ? Number(value) : value]));
}

async function take(step) {
  const found = find(step);
  if (!found) return { absent: `the Node SDK has nothing at ${step.method} ${step.path}` };
  const [expression, call] = found;
  const params = named(step.params);
  sent.clear();
  body = undefined;
  try {
    const answer = await (Object.keys(params).length ? call(params) : call());
    return { expression, sent: [...sent], body, answer };
  } catch ({ name, message, status, code, moreInfo }) {
    return { expression, sent: [...sent], error: { name, message, status, code, moreInfo } };
  }
}

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await take(JSON.parse(line)))}\n`);
  }
})();
