// The operators' live page: asks /v1/overview every two seconds and shows it. Everything that comes
// from documents is set as text, never as markup.
"use strict";

const REFRESH_MS = 2000;
const LANGUAGE_KEY = "truc.language";

const TEXTS = {
  vi: {
    subtitle: "Trục liên thông văn bản quốc gia",
    totals: "Từ khi trục khởi động",
    levels: "Lượt giao theo cấp hành chính",
    grid: "Lưới giao văn bản mới nhất",
    adapters: "Bộ chuyển đang kết nối",
    other: "English",
    documents: "văn bản", statuses: "trạng thái", receipts: "biên nhận", refused: "bị từ chối",
    outbox: "chờ chuyển tiếp",
    level: "Cấp", accepted: "tiếp nhận", mailed: "vào hộp thư", delivered: "đã giao",
    registered: "đã vào sổ",
    document: "Văn bản", sender: "Nơi gửi", priority: "Độ khẩn", time: "Tiếp nhận lúc",
    recipients: "Nơi nhận",
    system: "Hệ thống", agencies: "Cơ quan", connections: "Kết nối", since: "Từ lúc",
    last: "Yêu cầu gần nhất",
    none: "Chưa có gì.", more: (n) => `và ${n} nơi nhận khác`,
    live: (hub, time) => `Trục ${hub}, cập nhật lúc ${time}`,
    beside: (hubs) => ` · cùng phục vụ với ${hubs}`,
    cutOff: (hub) => `Trục ${hub} mất kết nối với các trục khác và không phục vụ.`,
    away: "Mất liên lạc với trục; đang thử lại.",
    noBackups: "Trục này không lưu bản sao lưu.",
    backup: {
      made: (time) => `Bản sao lưu gần nhất: ${time}`, never: "Chưa có bản sao lưu nào",
      running: (time) => `đang tạo một bản từ ${time}`, failed: (time) => `lần tạo lúc ${time} thất bại`,
    },
    legend: "Viền trái cho biết bước xa nhất mà lượt giao đã đạt.",
    priorities: ["Thường", "Khẩn", "Thượng khẩn", "Hỏa tốc", "Hỏa tốc hẹn giờ"],
  },
  en: {
    subtitle: "National document-interchange hub",
    totals: "Since the hub started",
    levels: "Deliveries by administrative level",
    grid: "Delivery grid of the latest documents",
    adapters: "Adapters on line",
    other: "Tiếng Việt",
    documents: "documents", statuses: "statuses", receipts: "receipts", refused: "refused",
    outbox: "waiting for fan-out",
    level: "Level", accepted: "accepted", mailed: "in mailbox", delivered: "delivered",
    registered: "registered",
    document: "Document", sender: "Sender", priority: "Priority", time: "Accepted at",
    recipients: "Recipients",
    system: "System", agencies: "Agencies", connections: "Connections", since: "Since",
    last: "Last request",
    none: "Nothing yet.", more: (n) => `and ${n} more recipients`,
    live: (hub, time) => `Hub ${hub}, updated at ${time}`,
    beside: (hubs) => ` · serves together with ${hubs}`,
    cutOff: (hub) => `Hub ${hub} is cut off from the other hubs and does not serve.`,
    away: "The hub does not answer; trying again.",
    noBackups: "This hub keeps no backups.",
    backup: {
      made: (time) => `Latest backup: ${time}`, never: "No backup yet",
      running: (time) => `one is being made since ${time}`, failed: (time) => `the one of ${time} failed`,
    },
    legend: "The left border shows the furthest step that a delivery has reached.",
    priorities: ["Normal", "Urgent", "Very urgent", "Immediate", "Immediate, timed"],
  },
};

const STATES = ["accepted", "mailed", "delivered", "registered"];

let language = localStorage.getItem(LANGUAGE_KEY) === "en" ? "en" : "vi";
let overview = null;
let away = false;

const text = () => TEXTS[language];
const byId = (id) => document.getElementById(id);

function element(name, content, className) {
  const made = document.createElement(name);
  if (content !== undefined) made.textContent = content;
  if (className) made.className = className;
  return made;
}

function clock(time) {
  if (!time) return "";
  return new Intl.DateTimeFormat(language === "vi" ? "vi-VN" : "en-GB", {
    timeZone: "Asia/Ho_Chi_Minh", day: "2-digit", month: "2-digit", hour: "2-digit",
    minute: "2-digit", second: "2-digit",
  }).format(new Date(time));
}

function row(cells) {
  const made = element("tr");
  for (const cell of cells) {
    made.append(cell instanceof Node ? cell : element("td", String(cell)));
  }
  return made;
}

const numberCell = (value) => element("td", String(value ?? 0), "number");

function fill(table, headings, rows) {
  const head = element("tr");
  for (const [label, className] of headings) head.append(element("th", label, className));
  table.tHead.replaceChildren(head);
  if (rows.length === 0) {
    const cell = element("td", text().none, "muted");
    cell.colSpan = headings.length;
    rows = [row([cell])];
  }
  table.tBodies[0].replaceChildren(...rows);
}

function showTotals() {
  const counts = { ...overview.items, outbox: overview.outbox_depth };
  const parts = [];
  for (const name of ["documents", "statuses", "receipts", "refused", "outbox"]) {
    const group = element("div");
    group.append(element("dt", text()[name]), element("dd", String(counts[name] ?? 0)));
    parts.push(group);
  }
  byId("totals").replaceChildren(...parts);
}

function backupText(backup) {
  if (!backup) return text().noBackups;
  const { made, never, running, failed } = text().backup;
  const parts = [backup.made_at ? made(clock(backup.made_at)) : never];
  if (backup.running_since) parts.push(running(clock(backup.running_since)));
  if (backup.failed_at) parts.push(failed(clock(backup.failed_at)));
  return `${parts.join("; ")}.`;
}

function showBackup() {
  const line = byId("backup");
  line.textContent = backupText(overview.backup);
  line.classList.toggle("failed", Boolean(overview.backup?.failed_at));
}

function showLevels() {
  const headings = [[text().level], ...STATES.map((state) => [text()[state], "number"])];
  const rows = overview.levels.map((level) =>
    row([level.level, ...STATES.map((state) => numberCell(level[state]))]));
  fill(byId("levels"), headings, rows);
}

function deliveryCell(delivery) {
  const item = element("li", undefined, STATES.includes(delivery.state) ? delivery.state : "");
  item.append(element("span", delivery.recipient, "code"));
  item.append(` ${delivery.name ?? ""} `);
  const reached = delivery.registered_at ?? delivery.delivered_at ?? delivery.mailed_at;
  const label = `${text()[delivery.state] ?? delivery.state} ${clock(reached)}`;
  item.append(element("div", `${text().level} ${delivery.level} · ${label}`, "muted"));
  return item;
}

function showGrid() {
  byId("legend").textContent = text().legend;
  const headings = ["document", "sender", "priority", "time", "recipients"].map((n) => [text()[n]]);
  const rows = overview.latest.map((latest) => {
    const name = element("td");
    name.append(element("div", latest.notation || "—"),
                element("div", latest.document_id, "code muted"));
    const sender = element("td");
    sender.append(element("div", latest.sender, "code"),
                  element("div", latest.sender_name ?? "", "muted"));
    const priority = element("td", text().priorities[latest.priority] ?? String(latest.priority),
                             latest.priority > 0 ? "urgent" : "");
    const cells = element("ul", undefined, "cells");
    cells.append(...latest.deliveries.map(deliveryCell));
    const recipients = element("td");
    recipients.append(cells);
    const hidden = (latest.delivery_count ?? latest.deliveries.length) - latest.deliveries.length;
    if (hidden > 0) recipients.append(element("div", text().more(hidden), "muted"));
    return row([name, sender, priority, clock(latest.accepted_at), recipients]);
  });
  fill(byId("grid"), headings, rows);
}

function showAdapters() {
  const headings = [[text().system], [text().agencies, "number"], [text().connections, "number"],
                    [text().since], [text().last]];
  const rows = overview.adapters.map((adapter) =>
    row([element("td", adapter.system, "code"), numberCell(adapter.agencies),
         numberCell(adapter.connections), clock(adapter.since), clock(adapter.last_request_at)]));
  fill(byId("adapters"), headings, rows);
}

function stateText() {
  if (away) return text().away;
  if (!overview) return "";
  if (!overview.serving) return text().cutOff(overview.hub);
  const others = overview.hubs.map((one) => one.hub).filter((hub) => hub !== overview.hub);
  return text().live(overview.hub, clock(overview.now)) +
         (others.length > 0 ? text().beside(others.join(", ")) : "");
}

function show() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) {
    node.textContent = text()[node.dataset.text];
  }
  const button = byId("language");
  button.textContent = text().other;
  button.lang = language === "vi" ? "en" : "vi";
  const state = byId("state");
  state.classList.toggle("away", away || overview?.serving === false);
  state.textContent = stateText();
  if (!overview) return;
  showTotals();
  showBackup();
  showLevels();
  showGrid();
  showAdapters();
}

async function refresh() {
  try {
    const answer = await fetch("v1/overview", {
      cache: "no-store", signal: AbortSignal.timeout(10 * REFRESH_MS),
    });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    overview = await answer.json();
    away = false;
  } catch {
    away = true;
  }
  show();
  setTimeout(refresh, REFRESH_MS);
}

byId("language").addEventListener("click", () => {
  language = language === "vi" ? "en" : "vi";
  localStorage.setItem(LANGUAGE_KEY, language);
  show();
});

show();
refresh();
