import { createServer } from 'node:http';

// The floor of a cold start: a process of Node.js that answers. JavaScript, as what it is compared with is.
createServer((_request, response) => response.end('ok')).listen(Number(process.argv[2]), '127.0.0.1');
