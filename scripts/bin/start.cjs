'use strict';

require('./where-node-suffices.cjs').whereNodeSuffices(() => import('../start.js'));
