// The operators' live page in a real browser, against a real hub with real adapters.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.TRUC_CHROMIUM ?? "/usr/bin/chromium";
const WORLD = fileURLToPath(new URL("../support/world_for_browser.py", import.meta.url));
const START_MS = 120_000;

let world;
let place;
let browser;
let context;
let page;
let complaints;

function startWorld() {
  world = spawn("python3", [WORLD], { stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    createInterface({ input: world.stdout }).once("line", (line) => resolve(JSON.parse(line)));
    world.once("exit", (code) => reject(new Error(`the world ended with ${code}`)));
  });
}

async function stopWorld() {
  const ended = new Promise((resolve) => world.once("exit", resolve));
  world.stdin.end();
  assert.equal(await ended, 0, "the world ended cleanly");
}

const tell = (line) => world.stdin.write(`${line}\n`);

async function openPage() {
  context = await browser.newContext({
    ignoreHTTPSErrors: true,
    clientCertificates: [{
      origin: new URL(place.url).origin, certPath: place.certificate, keyPath: place.key,
    }],
  });
  page = await context.newPage();
  complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(place.url);
}

const rowOf = (text) => page.locator("#grid tbody tr", { hasText: text });

describe("the operators' page", { timeout: 240_000 }, () => {
  before(async () => {
    place = await startWorld();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  }, { timeout: START_MS });

  after(async () => {
    await browser?.close();
    if (world.exitCode === null) await stopWorld();
  });

  beforeEach(openPage);
  afterEach(() => context.close());

  test("is in Vietnamese at first, and its language is declared", async () => {
    assert.equal(await page.title(), "Truc");
    assert.equal(await page.getAttribute("html", "lang"), "vi");
    assert.equal(await page.textContent("#levels-title"), "Lượt giao theo cấp hành chính");
    await page.locator("#state", { hasText: "cập nhật lúc" }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test("shows a document as it arrives, up to delivered, without being loaded again", async () => {
    await page.evaluate(() => { window.sameDocument = true; });
    assert.equal(await rowOf("browser-1").count(), 0);
    tell("drop first");
    await rowOf("browser-1").waitFor({ timeout: 30_000 });
    await rowOf("browser-1").locator("li.delivered").nth(1).waitFor({ timeout: 30_000 });
    const row = await rowOf("browser-1").innerText();
    assert.match(row, /41\/VPCP-TTĐT/);
    assert.match(row, /Văn phòng Chính phủ/);
    assert.match(row, /Hỏa tốc/);
    assert.match(row, /G12\.18/);
    assert.match(row, /H37\.30\.06\.01/);
    assert.equal(await page.evaluate(() => window.sameDocument), true);
    assert.deepEqual(complaints, []);
  });

  test("puts the newest document first and counts by level", async () => {
    tell("drop second");
    await rowOf("browser-2").waitFor({ timeout: 30_000 });
    const first = await page.locator("#grid tbody tr").first().innerText();
    assert.match(first, /browser-2/);
    const levelTwo = page.locator("#levels tbody tr").nth(1).locator("td");
    await page.waitForFunction(() => {
      const cells = document.querySelectorAll("#levels tbody tr")[1]?.cells;
      return cells?.[1].textContent === "2" && cells[3].textContent === "2";
    }, undefined, { timeout: 30_000 });
    assert.equal(await levelTwo.first().innerText(), "2");
  });

  test("says when the last backup was made, as the hub is asked for one", async () => {
    const line = page.locator("#backup");
    await page.locator("#backup", { hasText: "Chưa có bản sao lưu nào." }).waitFor();
    tell("back-up");
    await page.locator("#backup", { hasText: /^Bản sao lưu gần nhất: .*\d\d:\d\d:\d\d/ })
      .waitFor({ timeout: 30_000 });
    assert.equal(await line.evaluate((node) => node.classList.contains("failed")), false);
    tell("lose-backups");
    tell("back-up");
    await page.locator("#backup.failed", { hasText: "thất bại" }).waitFor({ timeout: 30_000 });
    assert.deepEqual(complaints, []);
  });

  test("lists the adapters that are on line", async () => {
    await page.locator("#adapters tbody td.code").first().waitFor();
    const systems = await page.locator("#adapters tbody td.code").allInnerTexts();
    assert.deepEqual(systems.sort(), place.systems);
  });

  test("changes every text with the language, and remembers the choice", async () => {
    await page.locator("#state", { hasText: "cập nhật lúc" }).waitFor();
    const vietnamese = await page.locator("[data-text], th, dt, #state, .legend").allInnerTexts();
    await page.click("#language");
    assert.equal(await page.getAttribute("html", "lang"), "en");
    const english = await page.locator("[data-text], th, dt, #state, .legend").allInnerTexts();
    assert.equal(english.length, vietnamese.length);
    const unchanged = english.filter((text, index) => text !== "" && text === vietnamese[index]);
    assert.deepEqual(unchanged, []);
    assert.equal(await page.textContent("#language"), "Tiếng Việt");
    await page.reload();
    assert.equal(await page.getAttribute("html", "lang"), "en");
    assert.equal(await page.textContent("#levels-title"), "Deliveries by administrative level");
    assert.deepEqual(complaints, []);
  });

  test("can be worked by the keyboard alone", async () => {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "language");
    await page.keyboard.press("Enter");
    assert.equal(await page.getAttribute("html", "lang"), "en");
  });

  test("shows what a hostile sender writes as text and never as markup", async () => {
    tell("drop hostile");
    await rowOf(place.hostileId).waitFor({ timeout: 30_000 });
    assert.equal(await page.title(), "Truc");
    assert.equal(await page.locator("#grid img, #grid script").count(), 0);
    assert.match(await rowOf(place.hostileId).innerText(), /43\/<script>/);
    assert.deepEqual(complaints, []);
  });

  test("tells of the other hubs, and that this one is cut off from them", async () => {
    let facts = {};
    await page.route("**/v1/overview", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...await answer.json(), ...facts } });
    });
    facts = { hubs: [{ hub: "h1", address: "a:1" }, { hub: "h2", address: "b:2" }] };
    await page.locator("#state:not(.away)", { hasText: "cùng phục vụ với h2" }).waitFor();
    facts = { serving: false };
    await page.locator("#state.away", { hasText: "mất kết nối với các trục khác" }).waitFor();
    await page.click("#language");
    await page.locator("#state.away", { hasText: "is cut off from the other hubs" }).waitFor();
  });

  test("says so when the hub does not answer", async () => {
    await page.locator("#state", { hasText: "cập nhật lúc" }).waitFor();
    tell("stop-hub");
    await page.locator("#state.away", { hasText: "Mất liên lạc với trục" })
      .waitFor({ timeout: 60_000 });
  });
});
