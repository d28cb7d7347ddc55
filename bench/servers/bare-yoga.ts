import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSchema, createYoga } from 'graphql-yoga';
import { reportTo } from './report.ts';

// The floor: GraphQL Yoga alone on node:http, answering without asking who wants to know.
const yoga = createYoga({
  schema: createSchema({ typeDefs: 'type Query { hello: String }' }),
  logging: false,
  graphiql: false,
});
const server = createServer((request, response) => void yoga(request, response)).listen(0, '127.0.0.1');
await once(server, 'listening');
reportTo(process, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
