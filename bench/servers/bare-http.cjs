'use strict';

const { createServer } = require('node:http');

// The floor of a cold start: a process of Node.js that answers. CommonJS, as what it is compared with begins.
createServer((_request, response) => response.end('ok')).listen(Number(process.argv[2]), '127.0.0.1');
