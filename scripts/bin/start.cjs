'use strict';

require('./where-node-suffices.cjs').whereNodeSuffices(() => require('../start.cjs').run());
