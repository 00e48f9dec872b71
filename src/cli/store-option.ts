import { Option } from 'commander';

/** `--store`, the same for every command; MILLRACE_STORE sets it for all. */
export function storeOption(): Option {
  return new Option('-s, --store <dir>', 'directory of the log store')
    .env('MILLRACE_STORE')
    .default('.millrace');
}
