import { autocompletion, closeBrackets, closeCompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { PostgreSQL, SQLDialect, sql } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, type EditorState, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import type { SqlTable } from '../../../src-shared/sql';
import classes from './sql-view.module.css';

export interface EditorHandle {
  replace(text: string): void;
  insert(text: string): void;
}

interface SqlEditorProps {
  /** Later ones are ignored: see `replace`. */
  readonly initial: string;
  readonly tables: readonly SqlTable[];
  /** Where the query is wrong; null: nowhere. */
  readonly wrongAt: number | null;
  readonly onChange: (text: string) => void;
  readonly onRun: () => void;
  readonly ref: Ref<EditorHandle>;
}

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--indexed)' },
  { tag: [tags.typeName, tags.standard(tags.name)], color: 'var(--cancelled)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--fired)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--pending)' },
  { tag: tags.comment, color: 'var(--ink-3)', fontStyle: 'italic' },
]);

const LOOK = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', color: 'var(--ink-1)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '20px', overflow: 'auto' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--ink-1)' },
  '.cm-line': { padding: '0 12px 0 8px' },
  '.cm-cursor': { borderLeftColor: 'var(--ink-1)' },
  '.cm-gutters': { background: 'none', color: 'var(--ink-3)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '36px', padding: '0 8px 0 12px' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    background: 'var(--flash)',
  },
  '&.cm-focused .cm-matchingBracket': { background: 'var(--surface-4)' },
  '.cm-placeholder': { color: 'var(--ink-3)' },
  '.cm-wrong-line': { background: 'color-mix(in srgb, var(--rejected) 12%, transparent)' },
  '.cm-wrong': { textDecoration: 'underline wavy var(--rejected)', textUnderlineOffset: '3px' },
  '.cm-tooltip': {
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--radius)',
    background: 'var(--surface-2)',
    color: 'var(--ink-1)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', fontSize: '12px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--surface-4)',
    color: 'var(--ink-1)',
  },
  '.cm-completionDetail': { color: 'var(--ink-3)' },
});

const setWrong = StateEffect.define<number | null>();
/** The line, and the word in it, where Postgres stopped; until the query is changed. */
const wrong = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, { docChanged, effects, state }) {
    let next = docChanged ? Decoration.none : marks;
    for (const effect of effects) {
      if (!effect.is(setWrong)) continue;
      next = effect.value === null ? Decoration.none : markWrong(state, effect.value);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function markWrong(state: EditorState, offset: number): DecorationSet {
  const at = Math.min(offset, state.doc.length);
  const line = state.doc.lineAt(at);
  const marks = [Decoration.line({ class: 'cm-wrong-line' }).range(line.from)];
  const word = state.wordAt(at);
  const to = word?.from === at ? word.to : Math.min(at + 1, line.to);
  if (to > at) marks.push(Decoration.mark({ class: 'cm-wrong' }).range(at, to));
  return Decoration.set(marks);
}

/** A column, and no keyword of a query. */
const DIALECT = SQLDialect.define({
  ...PostgreSQL.spec,
  keywords:
    PostgreSQL.spec.keywords?.replace(/\b(?:version|id|nothing|position|data|source|state)\b ?/g, '') ?? '',
});

const languageOf = (tables: readonly SqlTable[]) =>
  sql({
    dialect: DIALECT,
    upperCaseKeywords: true,
    schema: Object.fromEntries(
      tables.map(({ name, columns }) => [
        name,
        columns.map((column) => ({ label: column.name, type: 'property', detail: column.type })),
      ]),
    ),
  });

/** A field for SQL, with colours and with the names of the schema. */
export function SqlEditor({ initial, tables, wrongAt, onChange, onRun, ref }: SqlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const language = useRef(new Compartment());
  const latest = useRef({ initial, onChange, onRun });
  latest.current = { ...latest.current, onChange, onRun };

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    // The page allows no style element: a shadow root adopts the editor's styles instead.
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const ask = (editor: EditorView) => {
      closeCompletion(editor);
      latest.current.onRun();
      return true;
    };
    const leave = ({ contentDOM }: EditorView) => {
      contentDOM.blur();
      return true;
    };
    const editor = new EditorView({
      root,
      parent: root,
      doc: latest.current.initial,
      extensions: [
        keymap.of([
          { key: 'Mod-Enter', run: ask },
          ...completionKeymap,
          { key: 'Escape', run: leave },
          ...defaultKeymap,
          ...historyKeymap,
        ]),
        lineNumbers(),
        history(),
        drawSelection(),
        highlightSpecialChars(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false }),
        syntaxHighlighting(COLOURS),
        language.current.of([]),
        placeholder('SELECT …'),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': 'Query' }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) latest.current.onChange(state.doc.toString());
        }),
        wrong,
        LOOK,
      ],
    });
    view.current = editor;
    // Outside the shadow root nobody sees that these keys write text.
    const keep = (event: KeyboardEvent) => {
      if (!event.ctrlKey && !event.metaKey && !/^F\d+$/.test(event.key)) event.stopPropagation();
    };
    element.addEventListener('keydown', keep);
    return () => {
      element.removeEventListener('keydown', keep);
      editor.destroy();
    };
  }, []);
  useEffect(() => {
    view.current?.dispatch({ effects: language.current.reconfigure(languageOf(tables)) });
  }, [tables]);
  useEffect(() => {
    view.current?.dispatch({ effects: setWrong.of(wrongAt) });
  }, [wrongAt]);

  useImperativeHandle(ref, () => {
    const change = (editor: EditorView, from: number, to: number, insert: string) => {
      const selection = { anchor: from + insert.length };
      editor.dispatch({ changes: { from, to, insert }, selection, scrollIntoView: true });
      editor.focus();
    };
    return {
      replace(text) {
        const editor = view.current;
        if (editor) change(editor, 0, editor.state.doc.length, text);
      },
      insert(text) {
        const editor = view.current;
        if (!editor) return;
        const { from, to } = editor.state.selection.main;
        change(editor, from, to, text);
      },
    };
  }, []);
  return <div ref={host} className={classes.editor} />;
}
