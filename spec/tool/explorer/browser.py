"""The explorer's page in Chromium, for browser_spec.lua: the runs of models.lua, in their order.

    PYTHONPATH=spec /usr/bin/python3 spec/tool/explorer/browser.py ADDRESS FOLDER
"""
import os
import time

import driver
from driver import FOLDER
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

VIEWS = ["Latents", "Traversals", "Samples", "Content and style", "Map of codes", "Scores",
         "Curves", "About"]

# the name that a screen reader finds for what can be used or seen
NAMELESS = """
const named = (e) => e.getAttribute("aria-label") || e.textContent.trim() ||
  (e.labels && [...e.labels].some((l) => l.textContent.trim())) ||
  (e.getAttribute("aria-labelledby") && document.getElementById(e.getAttribute("aria-labelledby")));
return [...document.querySelectorAll("button, input, select, [role]")]
  .filter((e) => e.offsetParent && !named(e) && e.getAttribute("role") !== "status")
  .map((e) => e.outerHTML.slice(0, 120));
"""
TWICE = """
const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
return ids.filter((id, i) => ids.indexOf(id) !== i);
"""
MARK = """
const context = arguments[0].getContext("2d");
context.fillStyle = "red";
context.fillRect(0, 0, 1, 1);
"""
DROP = """
const [pane, bytes] = arguments, data = new DataTransfer();
data.items.add(new File([Uint8Array.from(bytes)], "dropped.png", {type: "image/png"}));
for (const kind of ["dragover", "drop"]) {
  pane.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
}
"""

# what a page of another origin gets of a server: the answer to a question, and a script
STRANGER = """
const [address, done] = arguments;
const asked = fetch(address + "api/about", {method: "POST", body: "{}",
  headers: {"Content-Type": "application/json"}}).then(() => "got", () => "refused");
const script = new Promise((told) => {
  const s = document.createElement("script");
  s.src = address + "page.js";
  s.onload = () => told("got");
  s.onerror = () => told("refused");
  document.body.append(s);
});
Promise.all([asked, script]).then(done);
"""


class Page(driver.Page):
    ready = "Ready"

    def setUp(self):
        super().setUp()
        self.beside("none")

    def test_drag(self):
        slider = self.one("input[type=range]", self.slider("z3"))
        self.until(lambda: self.decoded() == [0, 0, 0])
        original = self.one('canvas[aria-label="image that was encoded"]')
        self.browser.execute_script(MARK, original)
        width = slider.size["width"]
        drag = ActionChains(self.browser, duration=10).move_to_element(slider).click_and_hold()
        for _ in range(8):
            drag.move_by_offset(width // 20, 0)
        drag.release().perform()
        value = float(slider.get_attribute("value"))
        self.assertGreater(value, 1)
        self.until(lambda: abs(self.decoded()[2] - 255 * value / 8) < 1)
        self.assertEqual(self.decoded()[:2], [0, 0])
        self.assertEqual(self.pixels(original), [255, 0, 0])   # it was not drawn again
        number = self.one("input[type=number]", self.slider("z3"))
        self.assertAlmostEqual(float(number.get_attribute("value")), value, 1)
        self.text("Start again").click()
        self.until(lambda: self.decoded() == [0, 0, 0])

    def test_type(self):
        number = self.one("input[type=number]", self.slider("z1"))
        number.clear()
        number.send_keys("8", Keys.ENTER)
        self.until(lambda: self.decoded() == [255, 0, 0])
        image = self.one('input[aria-label="number of an image"]')
        image.clear()
        image.send_keys("48", Keys.ENTER)
        self.until(lambda: self.pixels(self.one('canvas[aria-label="image that was encoded"]'))
                   == [96, 32, 159])
        self.until(lambda: self.decoded() == [96, 0, 159])
        self.text("Nearest images").click()
        self.until(lambda: len(self.all(".images button")) == 8)
        self.assertEqual([], self.browser.execute_script(NAMELESS))

    def test_drop(self):
        path = os.path.join(FOLDER, "white.png")
        with open(path, "rb") as f:
            content = list(f.read())
        self.browser.execute_script(DROP, self.one(".pane"), content)
        self.until(lambda: self.status() == "dropped.png was encoded")
        self.until(lambda: self.decoded() == [255, 0, 255])
        self.text("Start again").click()
        self.one('input[aria-label="number of an image"]').send_keys(Keys.UP)
        self.until(lambda: self.decoded() != [255, 0, 255])
        self.one("input[type=file]").send_keys(path)
        self.until(lambda: self.status() == "white.png was encoded")
        self.until(lambda: self.decoded() == [255, 0, 255])
        with open(os.path.join(FOLDER, "text.png"), "w") as f:
            f.write("no image")
        self.one("input[type=file]").send_keys(os.path.join(FOLDER, "text.png"))
        self.until(lambda: "wrong" in self.one("#status").get_attribute("class"))

    def test_compare(self):
        self.beside("swapper")
        names = [h.text for h in self.all(".pane h2")]
        self.assertEqual(names, ["coder", "swapper"])
        self.until(lambda: len(self.all('canvas[aria-label="decoded image"]')) == 2)
        left, right = [pane.rect for pane in self.all(".pane")]
        self.assertEqual(left["y"], right["y"])

        def begun():
            return [c.text for c in self.all(".stage figure:first-child figcaption")]
        number = self.one('input[aria-label="number of an image"]')
        self.until(lambda: begun() == ["image 1", "image 1"])
        number.clear()
        number.send_keys("48", Keys.ENTER)
        self.until(lambda: begun() == ["image 48", "image 48"])
        self.one("#choice input[type=checkbox]").click()
        number.clear()
        number.send_keys("7", Keys.ENTER)
        self.until(lambda: begun() == ["image 7", "image 48"])
        self.view("Content and style")
        self.until(lambda: len(self.all(".swap td canvas")) == 36)
        self.assertIn("no such view", self.all(".pane")[0].text)
        heads = [self.pixels(c) for c in self.all(".swap th canvas")]
        inner = [self.pixels(c) for c in self.all(".swap td canvas")]
        for i in range(6):
            for j in range(6):
                self.assertEqual(inner[6 * i + j], heads[j][:1] + heads[6 + i][1:])
        self.text("Save PNG", self.all(".pane")[1]).click()
        self.until(lambda: os.path.exists(os.path.join(FOLDER, "swapper-swaps.png")))
        self.beside("generator")
        self.assertEqual([h.text for h in self.all(".pane h2")], ["coder", "generator"])

    def test_keyboard(self):
        self.press(Keys.TAB, Keys.TAB, Keys.TAB)
        self.assertEqual(self.focused().text, "Latents")
        self.press(Keys.RIGHT)
        self.assertEqual(self.focused().text, "Traversals")
        self.until(lambda: len(self.all(".strip")) == 3)
        self.press(Keys.TAB)
        for _ in range(12):
            if "z3 = " in (self.focused().get_attribute("aria-label") or ""):
                break
            self.press(Keys.TAB)
        self.press(Keys.TAB, Keys.TAB, Keys.TAB, Keys.TAB, Keys.TAB, Keys.TAB, Keys.TAB)
        self.assertEqual(self.focused().get_attribute("aria-label"), "z3 = 3")
        self.press(Keys.ENTER)
        self.until(lambda: self.one(".strip .row > :last-child").get_attribute("class") == "here")
        self.assertEqual(self.focused().get_attribute("aria-label"), "z3 = 3")
        self.view("Latents")
        self.until(lambda: self.decoded() == [0, 0, 96])
        slider = self.one("input[type=range]", self.slider("z3"))
        slider.send_keys(Keys.HOME)
        self.until(lambda: self.decoded() == [0, 0, 0])
        self.assertEqual(slider.get_attribute("aria-valuetext"), "-3.00")
        slider.send_keys(Keys.END, Keys.LEFT)
        self.assertEqual(slider.get_attribute("aria-valuetext"), "2.95")

    def test_categories(self):
        self.show_run("generator")
        group = self.one('[role=radiogroup]')
        self.until(lambda: self.decoded()[2:5] == [255, 0, 0])
        self.text("2", group).click()
        self.until(lambda: self.decoded()[2:5] == [0, 255, 0])
        self.press(Keys.RIGHT)
        self.until(lambda: self.decoded()[2:5] == [0, 0, 255])
        self.assertEqual(self.focused().get_attribute("aria-checked"), "true")
        self.press(Keys.RIGHT)
        self.until(lambda: self.decoded()[2:5] == [255, 0, 0])
        self.view("Samples")
        self.until(lambda: len(self.all(".images button")) == 24)
        wanted = self.pixels(self.all(".images canvas")[4])
        self.all(".images button")[4].click()
        self.until(lambda: self.decoded() == wanted)

    def test_map(self):
        self.view("Map of codes")
        self.until(lambda: self.status() == "48 images on the map")
        self.choose("Places by", "two latents")
        self.choose("Coloured by", "hue")
        self.until(lambda: len(self.all(".legend i")) == 4)
        canvas = self.one(".map > canvas")
        box = canvas.rect
        # at the corner are the images with the greatest of both codes
        across, up = int(box["width"] / 2) - 14, int(box["height"] / 2) - 14
        ActionChains(self.browser).move_to_element_with_offset(canvas, across, -up).perform()
        self.until(lambda: "hue: 3" in self.one(".tip").text and "size: 5" in self.one(".tip").text)
        self.assertIn(self.pixels(self.one(".tip canvas")), [[96, 0, 159], [96, 32, 159]])
        canvas.send_keys(Keys.LEFT)
        self.until(lambda: "size: 4" in self.status())
        self.press(Keys.ENTER)
        self.until(lambda: self.decoded()[2] == 128)
        self.assertEqual(self.decoded()[:2], [96, 0])

    def test_tsne(self):
        self.view("Map of codes")
        self.until(lambda: self.status() == "48 images on the map")
        self.choose("Places by", "t-SNE")
        self.view("Latents")
        number = self.one("input[type=number]", self.slider("z1"))
        number.clear()
        number.send_keys("8", Keys.ENTER)
        self.until(lambda: self.decoded() == [255, 0, 0])
        self.view("Map of codes")
        self.until(lambda: not self.all("progress"))
        self.choose("Places by", "principal components")
        self.until(lambda: self.status() == "48 images on the map")

    def test_save(self):
        self.view("Curves")
        self.until(lambda: len(self.all(".chart svg")) == 2)
        self.assertIn("loss: 4 at step 1, 2.5 at step 3",
                      self.one(".chart svg").get_attribute("aria-label"))
        self.text("Save curves (CSV)").click()
        path = os.path.join(FOLDER, "coder-curves.csv")
        self.until(lambda: os.path.exists(path))
        with open(path) as f:
            self.assertEqual(f.read(), "step,kl,loss\n1,1,4\n3,2,2.5\n")
        self.view("Latents")
        self.text("Save image").click()
        self.until(lambda: os.path.exists(os.path.join(FOLDER, "coder-image.png")))

    def test_names_and_widths(self):
        self.beside("swapper")
        for width in (1280, 800, 320):
            self.size(width, 900)
            for name in VIEWS:
                self.view(name)
                time.sleep(0.2)
                tab = self.one('[role=tab][aria-selected=true]').rect
                self.assertGreaterEqual(tab["x"], 0, name)
                self.assertLessEqual(tab["x"] + tab["width"], width, name)
                taken = "return document.documentElement.scrollWidth"
                self.assertLessEqual(self.browser.execute_script(taken), width, name)
                self.assertEqual([], self.browser.execute_script(NAMELESS), name)
                self.assertEqual([], self.browser.execute_script(TWICE), name)

    def test_strangers(self):
        def got():
            return self.browser.execute_async_script(STRANGER, driver.ADDRESS)
        self.assertEqual(["got", "got"], got())   # of the page's own
        self.browser.get(driver.ADDRESS.replace("127.0.0.1", "rebound.example"))
        self.assertEqual("Forbidden", self.one("body").text)
        self.browser.get("data:text/html,<p>another site")
        self.assertEqual(["refused", "refused"], got())
        self.browser.get_log("browser")   # where the browser says the same

    def test_about(self):
        self.view("Curves")
        self.until(lambda: "curves" in self.status())
        self.view("About")
        self.assertEqual("", self.status())   # what was said was of another view
        cells = [[c.text for c in self.all("th, td", row)] for row in self.all("tbody tr")]
        self.assertIn(["beta", "4.0"], cells)
        self.size(320, 900)
        for name in self.all("tbody th"):
            self.assertLess(name.rect["height"], 70, name.text)   # no word is broken

    def test_image_stays_in_sight(self):
        self.size(360, 400)
        self.browser.execute_script("window.scrollTo(0, document.documentElement.scrollHeight)")
        slider = self.slider("z2")
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'end'})", slider)
        top = self.browser.execute_script("return arguments[0].getBoundingClientRect().top",
                                          self.one('canvas[aria-label="decoded image"]'))
        self.assertGreaterEqual(top, 0)
        self.assertLess(top, 100)


if __name__ == "__main__":
    driver.run()
