// Imported first by every script here: relative paths are the project's, wherever the script was started.
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
