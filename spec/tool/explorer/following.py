"""The explorer's page in Chromium while its run is trained, for browser_spec.lua: of three steps one
is done, and the others wait for the file `go` in the folder.

    PYTHONPATH=spec /usr/bin/python3 spec/tool/explorer/following.py ADDRESS FOLDER
"""
import os

import driver
from selenium.webdriver.common.keys import Keys


class Page(driver.Page):
    ready = "Following the training"

    def test_follow(self):
        number = self.one("input[type=number]", self.slider("z1"))
        number.send_keys(Keys.CONTROL, "a", Keys.NULL, "2", Keys.ENTER)
        self.until(lambda: self.decoded() == [32])
        self.assertEqual(number.get_attribute("value"), "2")
        self.assertIn("step 1 of 3", self.one(".head").text)
        self.view("Curves")
        self.until(lambda: "1 lines of the log" in self.status())
        open(os.path.join(driver.FOLDER, "go"), "w").close()
        self.until(lambda: "step 3 of 3" in self.one(".head").text)
        self.until(lambda: "loss: 1 at step 1, 3 at step 3" in
                   (self.one(".chart svg").get_attribute("aria-label") or ""))
        self.view("Latents")
        self.until(lambda: self.decoded() == [96])
        number = self.one("input[type=number]", self.slider("z1"))
        self.assertEqual(number.get_attribute("value"), "2")   # it is where it was


if __name__ == "__main__":
    driver.run()
