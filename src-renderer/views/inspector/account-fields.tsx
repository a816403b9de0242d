import { useMemo } from 'react';
import { toPrintable } from '../../../src-shared/printable';
import { JsonView } from '../../components/json-view';
import { parseTree, writeTree } from '../../format/json-text';
import { AccountBytes } from './account-bytes';
import classes from './account-fields.module.css';

interface AccountFieldsProps {
  readonly id: string;
  readonly version: string;
  /** As in `VersionRow`. */
  readonly decoded: string;
}

/** What the bytes of an account say, with the bytes below. */
export function AccountFields({ id, version, decoded }: AccountFieldsProps) {
  const { program, type, reason, fields } = useMemo(() => readDecoded(decoded), [decoded]);
  return (
    <div className={classes.fields}>
      {fields === undefined ? (
        <p className={classes.reason}>Not decoded: {toPrintable(reason ?? '')}.</p>
      ) : (
        <>
          <h4 className={classes.type}>
            {toPrintable(program ?? '')} · {toPrintable(type ?? '')}
          </h4>
          <JsonView text={fields} />
        </>
      )}
      <AccountBytes id={id} version={version} />
    </div>
  );
}

/** The fields stay text, so that large numbers stay exact. */
function readDecoded(decoded: string) {
  const tree = parseTree(decoded);
  const members = 'members' in tree ? tree.members : new Map<string, never>();
  const textOf = (name: string): string | undefined => {
    const member = members.get(name);
    return member && 'literal' in member ? String(JSON.parse(member.literal)) : undefined;
  };
  const fields = members.get('fields');
  return {
    program: textOf('program'),
    type: textOf('type'),
    reason: textOf('reason'),
    fields: fields && writeTree(fields),
  };
}
