'use strict';
(() => {
  // Only the rows in sight are in the document, so that scrolling and searching
  // stay quick. A row is an array of its values in the order of data.columns, and
  // values reach the document as text only.
  const SPARE = 12; // rows drawn above and below the ones in sight
  const PRINTED = 5000; // rows at most on paper

  const data = JSON.parse(document.getElementById('data').textContent);
  const at = Object.fromEntries(data.columns.map((name, i) => [name, i]));
  const byId = (id) => document.getElementById(id);
  const form = document.querySelector('.controls');
  const search = byId('search'), paper = byId('paper'), customer = byId('customer'), count = byId('count');
  const view = byId('window'), table = byId('rows'), body = table.tBodies[0];
  const checks = [...form.querySelectorAll('input[name=status]')];

  let found = data.rows; // the rows that pass the filters
  let texts = null; // what a search looks at, parallel to data.rows
  let height = 34; // of a row, in CSS pixels; measured once there is one
  const drawn = new Map(); // place in found -> its element

  const element = (tag, text) => {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    return e;
  };

  const gap = () => {
    const row = element('tr');
    row.className = 'gap';
    row.setAttribute('aria-hidden', 'true');
    row.append(element('td'));
    row.firstChild.colSpan = 6;
    body.append(row);
    return row;
  };
  const above = gap(), below = gap();

  function draw(row, place) {
    const tr = element('tr');
    tr.setAttribute('aria-rowindex', place + 2);
    const open = element('button', row[at.row].toLocaleString('en'));
    open.type = 'button';
    open.setAttribute('aria-label', 'Details of row ' + row[at.row]);
    open.addEventListener('click', () => detail(row));
    const badge = element('span', row[at.status]);
    badge.className = 'badge ' + row[at.status];
    const reason = [row[at.error_code], row[at.error]].filter(Boolean).join(': ');
    for (const content of [open, badge, row[at.user_principal_name], row[at.display_name], row[at.customer_id], reason]) {
      const td = element('td');
      td.append(content);
      if (typeof content === 'string') td.title = content;
      tr.append(td);
    }
    return tr;
  }

  function show(from, to) {
    for (const [place, tr] of drawn) {
      if (place < from || place >= to) {
        tr.remove();
        drawn.delete(place);
      }
    }
    let next = below, made = null;
    for (let place = to - 1; place >= from; place--) {
      let tr = drawn.get(place);
      if (!tr) {
        tr = made = draw(found[place], place);
        drawn.set(place, tr);
        body.insertBefore(tr, next);
      }
      next = tr;
    }
    if (made) height = made.getBoundingClientRect().height || height;
    above.firstChild.style.height = from * height + 'px';
    below.firstChild.style.height = (found.length - to) * height + 'px';
  }

  function scrolled() {
    const first = Math.floor(view.scrollTop / height);
    const many = Math.ceil(view.clientHeight / height);
    const to = Math.min(found.length, first + many + SPARE);
    show(Math.max(0, Math.min(first - SPARE, to)), to);
  }

  function textOf(row) {
    return row.join('\n').toLowerCase();
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const statuses = new Set(checks.filter((c) => c.checked).map((c) => c.value));
    const only = customer.selectedIndex > 0 ? customer.value : null;
    if (words.length && !texts) texts = data.rows.map(textOf);
    found = data.rows.filter((row, i) =>
      statuses.has(row[at.status]) &&
      (only === null || row[at.customer_id] === only) &&
      words.every((word) => texts[i].includes(word)));
    drawn.forEach((tr) => tr.remove());
    drawn.clear();
    view.scrollTop = 0;
    table.setAttribute('aria-rowcount', found.length + 1);
    count.textContent = found.length.toLocaleString('en') + ' of ' + data.rows.length.toLocaleString('en') + ' rows';
    scrolled();
  }

  function print(many) {
    paper.hidden = many === found.length;
    paper.textContent = 'These are the first ' + many.toLocaleString('en') + ' of ' + found.length.toLocaleString('en') + ' rows.';
    show(0, many);
  }

  function detail(row) {
    const box = byId('detail');
    byId('detail-title').textContent = 'Row ' + row[at.row];
    const list = box.querySelector('dl');
    list.replaceChildren();
    data.columns.forEach((name, i) => {
      if (row[i] === '') return;
      const line = element('div');
      line.append(element('dt', name.replaceAll('_', ' ')), element('dd', row[i]));
      list.append(line);
    });
    box.showModal();
  }

  function offerCustomers() {
    const ids = [...new Set(data.rows.map((row) => row[at.customer_id]))].sort();
    byId('by-customer').hidden = ids.length < 2;
    customer.append(new Option('all'));
    for (const id of ids) customer.append(new Option(id || '(no customer)', id));
  }

  // What differs from row to row in the error of a cause is not searched for.
  function showCause(button) {
    const { status, code, error } = button.dataset;
    const common = error.replace(/"[^"]*"?/g, ' ').split(/\s+/).filter((word) => !/[@0-9]/.test(word));
    search.value = code || common.join(' ').trim();
    customer.selectedIndex = 0;
    for (const c of checks) c.checked = c.value === status;
    filter();
    byId('people').scrollIntoView();
    search.focus({ preventScroll: true });
  }

  let waiting = 0;
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 60);
  });
  form.addEventListener('change', filter);
  form.addEventListener('submit', (e) => e.preventDefault());
  view.addEventListener('scroll', () => requestAnimationFrame(scrolled), { passive: true });
  addEventListener('resize', scrolled);
  addEventListener('beforeprint', () => print(Math.min(found.length, PRINTED)));
  addEventListener('afterprint', () => {
    paper.hidden = true;
    scrolled();
  });
  for (const button of document.querySelectorAll('button.show')) button.addEventListener('click', () => showCause(button));

  offerCustomers();
  form.hidden = view.hidden = false;
  filter();
})();
