/** `npm run build`: compiles into dist/ unless nothing changed. */
import { build, install } from './prepare.mjs';

install();
build();
