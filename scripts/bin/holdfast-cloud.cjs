#!/usr/bin/env node
'use strict';

require('./where-node-suffices.cjs').whereNodeSuffices(() => import('../holdfast-cloud.js'));
