interface Template {
  readonly id?: string;
  readonly label?: string;
  readonly role?: string;
  readonly type?: string;
  readonly accelerator?: string;
  readonly enabled?: boolean;
  readonly click?: () => void;
  readonly submenu?: readonly Template[];
}

export class FakeMenuItem {
  readonly template: Template;
  enabled: boolean;
  readonly submenu: Menu | null;

  constructor(template: Template) {
    this.template = template;
    this.enabled = template.enabled ?? true;
    this.submenu = template.submenu ? Menu.buildFromTemplate(template.submenu) : null;
  }
  get label(): string {
    return this.template.label ?? this.template.role ?? '';
  }
  click(): void {
    if (!this.enabled) throw new Error(`${this.label} is disabled`);
    if (!this.template.click) throw new Error(`${this.label} does nothing`);
    this.template.click();
  }
}

export class Menu {
  /** The application's menu. */
  static current: Menu | null = null;
  static buildFromTemplate(template: readonly Template[]): Menu {
    return new Menu(template.map((item) => new FakeMenuItem(item)));
  }
  static setApplicationMenu(menu: Menu | null): void {
    Menu.current = menu;
  }

  readonly items: readonly FakeMenuItem[];
  constructor(items: readonly FakeMenuItem[]) {
    this.items = items;
  }
  /** All items below. */
  all(): FakeMenuItem[] {
    return this.items.flatMap((item) => [item, ...(item.submenu?.all() ?? [])]);
  }
  getMenuItemById(id: string): FakeMenuItem | null {
    return this.all().find((item) => item.template.id === id) ?? null;
  }
  /** @throws Error if there is none. */
  byLabel(label: string): FakeMenuItem {
    const item = this.all().find((one) => one.label === label);
    if (!item) throw new Error(`there is no menu item ${label}`);
    return item;
  }
}
