// Sends what a Node program asks of Twilio to a sandbox instead. Twilio's CLI and its Node SDK hold the host names
// fast, so this is loaded before them:
//
//   TWILIO_SANDBOX_URL=http://127.0.0.1:4010 NODE_OPTIONS="--require ./futel_twilio/sandbox/hook.cjs" twilio ...
//
// The header X-Original-Host tells the sandbox which of Twilio's hosts was meant: of what goes through https and
// through fetch. Any other host is refused, and so is everything else that would leave the machine: no socket of
// Node's is connected to, or sends to, another address than loopback. What other programs do that this one starts,
// and libraries that are no JavaScript, is beyond it.
'use strict';
const dgram = require('node:dgram');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');

const NEEDED = 'hook.cjs: TWILIO_SANDBOX_URL must be the address that the sandbox prints, such as http://127.0.0.1:4010';
const sandbox = address(process.env.TWILIO_SANDBOX_URL);

function address(given) {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url?.protocol !== 'http:' || !isLoopback(url.hostname)) {
    process.stderr.write(`${NEEDED}\n`);
    process.exit(2);
  }
  return url;
}

function isLoopback(host) {
  return ['localhost', '::1', '[::1]'].includes(host) || (net.isIPv4(host) && host.startsWith('127.'));
}

function isTwilio(host) {
  return /(^|\.)twilio\.com$/.test(host);
}

function refusal(host) {
  return new Error(`hook.cjs sends requests to the sandbox alone, not to ${host}: unset NODE_OPTIONS to reach it`);
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
  if (!isTwilio(meant)) throw refusal(meant);
  const headers = { ...asked.headers, 'X-Original-Host': meant };
  const there = { protocol: 'http:', host: undefined, hostname: sandbox.hostname, port: sandbox.port };
  return http.request({ ...asked, ...there, headers, agent: undefined }, callback);
}

https.request = request;
https.get = (...args) => request(...args).end();

// The body goes as one piece, with its length: the sandbox takes no other.
const plainFetch = globalThis.fetch;
globalThis.fetch = async function fetch(input, init) {
  const asked = new Request(input, init);
  const meant = new URL(asked.url);
  if (isLoopback(meant.hostname)) return plainFetch(asked);
  if (!isTwilio(meant.hostname)) throw refusal(meant.hostname);
  const headers = new Headers(asked.headers);
  headers.set('X-Original-Host', meant.host);
  const { method, redirect, signal } = asked;
  const body = asked.body ? await asked.arrayBuffer() : undefined;
  return plainFetch(new URL(meant.pathname + meant.search, sandbox), { method, headers, body, redirect, signal });
};

// connect(options, callback), (port, host, callback) or (path, callback), or an array as net.connect makes of them.
function reading(args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const callback = args.flat().find((arg) => typeof arg === 'function');
  if (typeof first === 'object' && first) return [first, callback];
  return [typeof second === 'string' ? { port: first, host: second } : {}, callback];
}

// A refused host fails as a name does that cannot be looked up: whoever waits for the socket hears of it in time.
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const [options, callback] = reading(args);
  const host = options.host ?? 'localhost';
  if (options.path || isLoopback(host)) return connect.apply(this, args);
  const lookup = (_name, _options, done) => setImmediate(done, refusal(host));
  return connect.call(this, { ...options, host: 'refused.invalid', lookup }, callback);
};

// send(message, offset, length, port, host, callback) in all its forms: the host is a string behind a port.
const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = function (...args) {
  const host = args.slice(1).find((arg) => typeof arg === 'string' && !/^[0-9]+$/.test(arg)) ?? 'localhost';
  if (!isLoopback(host)) throw refusal(host);
  return send.apply(this, args);
};
const dial = dgram.Socket.prototype.connect;
dgram.Socket.prototype.connect = function (port, ...rest) {
  const host = typeof rest[0] === 'string' ? rest[0] : 'localhost';
  if (!isLoopback(host)) throw refusal(host);
  return dial.call(this, port, ...rest);
};
