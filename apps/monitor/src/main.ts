import { runServices } from '@taxon/service';
import { monitorService } from './service.ts';

process.exitCode = await runServices([monitorService]);
