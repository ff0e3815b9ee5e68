// Sends what a Node program asks of Twilio to a sandbox instead. Twilio's CLI and its Node SDK hold the host names
// fast, so this is loaded before them:
//
//   TWILIO_SANDBOX_URL=http://127.0.0.1:4010 NODE_OPTIONS="--require ./futel_twilio/sandbox/hook.cjs" twilio ...
//
// The header X-Original-Host tells the sandbox which of Twilio's hosts was meant. Any other host is refused: while
// this is loaded nothing that goes through Node's https module leaves the machine.
'use strict';
const http = require('node:http');
const https = require('node:https');

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
const NEEDED = 'hook.cjs: TWILIO_SANDBOX_URL must be the address that the sandbox prints, such as http://127.0.0.1:4010';
const sandbox = address(process.env.TWILIO_SANDBOX_URL);

function address(given) {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url?.protocol !== 'http:' || !LOOPBACK.has(url.hostname)) {
    process.stderr.write(`${NEEDED}\n`);
    process.exit(2);
  }
  return url;
}

// https.request(url, options, callback), in which either of the first two may be left out.
function read(args) {
  const callback = args.find((arg) => typeof arg === 'function');
  const [first, second] = args.filter((arg) => typeof arg === 'object' || typeof arg === 'string');
  if (typeof first !== 'string' && !(first instanceof URL)) return [first, callback];
  const { protocol, hostname, port, pathname, search } = new URL(first);
  return [{ protocol, hostname, port, path: pathname + search, ...second }, callback];
}

function request(...args) {
  const [asked, callback] = read(args);
  const meant = asked.hostname ?? asked.host;
  if (!/(^|\.)twilio\.com$/.test(meant)) {
    throw new Error(`hook.cjs sends requests to the sandbox alone, not to ${meant}: unset NODE_OPTIONS to reach it`);
  }
  const headers = { ...asked.headers, 'X-Original-Host': meant };
  const there = { protocol: 'http:', host: undefined, hostname: sandbox.hostname, port: sandbox.port };
  return http.request({ ...asked, ...there, headers, agent: undefined }, callback);
}

https.request = request;
https.get = (...args) => request(...args).end();
