// ELK makes itself the worker of whatever scope loads this; `layout-in-worker.ts` talks to it.
import "elkjs/lib/elk-worker.min.js";
