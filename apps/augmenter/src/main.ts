import { runServices } from '@taxon/service';
import { augmenterService } from './index.ts';

process.exitCode = await runServices([augmenterService]);
