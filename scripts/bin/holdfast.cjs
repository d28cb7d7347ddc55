#!/usr/bin/env node
'use strict';

require('./where-node-suffices.cjs').whereNodeSuffices(() => require('../holdfast.cjs').run());
