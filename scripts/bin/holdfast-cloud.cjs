#!/usr/bin/env node
'use strict';

require('./where-node-suffices.cjs').whereNodeSuffices(() => require('../holdfast-cloud.cjs').run());
