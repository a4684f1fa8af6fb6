/**
 * Starts NestJS microservices and their clients and shows, check by check, what works over the
 * broker of INTEROP_URL. Prints a line an assertion; exit code 1 when one of them failed.
 */
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { brokerKilled, fanout, nothingLeft, wildcards } from './exchange-checks.ts';
import { QueueChecks } from './queue-checks.ts';
import { print, Report } from './report.ts';
import { Services } from './services.ts';

const BROKER_LIMIT_MS = 120_000;

// The package does not export its package.json.
const manifest = new URL('package.json', import.meta.resolve('@nestjs/microservices'));
print(`# app nestjs ${JSON.parse(readFileSync(manifest, 'utf8')).version}`);

const services = new Services(process.env['INTEROP_URL'] ?? '', `interop-nestjs-${process.pid}`);
const queue = new QueueChecks(services);
const report = new Report();
await report.check('a service and its client connect', () => queue.start());
await report.check('request and response, one and 100 at a time', () => queue.request());
await report.check('RmqRecord: headers and priority; direct reply-to', () => queue.record());
await report.check('a handler that returns an observable: all of its values', () => queue.stream());
await report.check('RpcException: the caller gets what was thrown', () => queue.refused());
await report.check('a pattern without handler is reported to the caller', () => queue.noHandler());
await report.check('an event is handled', () => queue.event());
await report.check('noAck false: nacked, delivered again, acked', () => queue.nacked());
await report.check('prefetchCount 3: three requests at a time', () => queue.prefetch());
await report.check('wildcards: * and # in patterns, topic exchange', () => wildcards(services));
await report.check('fanout: an event reaches both services', () => fanout(services));
await report.check('all was acknowledged: the queues are empty', () => nothingLeft(services));
await report.check(
  'service and client come back after their broker was killed and started again',
  brokerKilled,
  BROKER_LIMIT_MS,
);
process.exit(report.failed === 0 ? 0 : 1);
