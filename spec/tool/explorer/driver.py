"""What a user does on the explorer's page, for the tests of browser.py and following.py:

    class Page(driver.Page):
        ready = "Ready"
        def test_...(self): ...

    driver.run()   # of a script with the arguments ADDRESS FOLDER, the page and where it saves
"""
import sys
import time
import unittest

import chromium
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

ADDRESS, FOLDER = sys.argv.pop(1), sys.argv.pop(1)
WIDE = (1280, 900)
PIXELS = """
const c = arguments[0], all = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
return [...all].filter((_, i) => i % 4 === 0);
"""


class Page(unittest.TestCase):
    ready = None   # what the page says when it has begun

    @classmethod
    def setUpClass(cls):
        cls.browser = chromium.start(FOLDER)

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def setUp(self):
        self.size(*WIDE)
        self.browser.get(ADDRESS)
        self.until(lambda: self.status() == self.ready)

    def tearDown(self):
        said = [line["message"] for line in self.browser.get_log("browser")
                if line["level"] == "SEVERE"]
        self.assertEqual(said, [])

    def size(self, width, height):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def until(self, f, seconds=20):
        end = time.time() + seconds
        while True:
            try:
                found = f()
            except StaleElementReferenceException:   # it was drawn again meanwhile
                found = None
            if found:
                return found
            self.assertLess(time.time(), end, "too late: " + self.status())
            time.sleep(0.03)

    def status(self):
        return self.browser.find_element(By.ID, "status").text

    def all(self, css, within=None):
        return (within or self.browser).find_elements(By.CSS_SELECTOR, css)

    def one(self, css, within=None):
        return self.until(lambda: self.all(css, within))[0]

    def text(self, words, within=None):
        return self.one_by_path('.//button[normalize-space()="%s"]' % words, within)

    def one_by_path(self, path, within=None):
        return self.until(lambda: (within or self.browser).find_elements(By.XPATH, path))[0]

    def choose(self, label, value, within=None):
        Select(self.one_by_path('.//label[contains(., "%s")]/select' % label, within)
               ).select_by_visible_text(value)

    def show_run(self, name):
        self.choose("Run", name)
        self.until(lambda: self.all(".pane h2")[0].text == name)

    def beside(self, name):
        self.choose("Beside", name)
        self.until(lambda: len(self.all(".pane")) == (1 if name == "none" else 2))

    def view(self, name):
        self.one_by_path('//*[@role="tab"][normalize-space()="%s"]' % name).click()

    def pixels(self, canvas):
        return self.browser.execute_script(PIXELS, canvas)

    def decoded(self):
        return self.pixels(self.one('canvas[aria-label="decoded image"]'))

    def slider(self, name):
        return self.one_by_path('//label[text()="%s"]/ancestor::div[@class="slider" or '
                                '@class="slider idle"]' % name)

    def focused(self):
        return self.browser.switch_to.active_element

    def press(self, *keys):
        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()


def run():
    unittest.main(verbosity=2)
