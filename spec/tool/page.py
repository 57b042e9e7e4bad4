"""Drives the Notebook page with a real browser, for page_spec.lua: runs cells, sees an image, moves
a slider, interrupts, restarts.

    JUPYTER_PATH=... PYTHONPATH=spec python3 spec/tool/page.py FOLDER

Pictures of the page are left in FOLDER.
"""
import json
import secrets
import socket
import subprocess
import sys
import time
import urllib.request

import chromium
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

FOLDER = sys.argv[1]
TOKEN = secrets.token_hex()
VIEW = """local view = require 'teasel.model.view'
local see
for i = 1, 99 do
  local name, value = debug.getupvalue(open, i)
  if name == 'see' then see = value end
end
r = require('teasel.tool.repl.explore').of({view = view{
  decode = function(z) return T.expand(z:reshape{#z, 1, 1, 1}, {#z, 8, 8, 1}) * 0.1 + 0.5 end,
  prior = function(s, n) return s:normal{n, 1} end, latents = {{}}}}, see)
r:sliders()"""
CELLS = ["x = 6\nx * 7", "(T.data.dsprites{}:batch(T.stream(1), 4))", VIEW, "while true do end",
         "x"]


def write_notebook():
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": [],
              "execution_count": None} for source in CELLS]
    with open(FOLDER + "/page.ipynb", "w") as file:
        json.dump({"cells": cells, "nbformat": 4, "nbformat_minor": 4, "metadata": {
            "kernelspec": {"name": "teasel", "display_name": "teasel", "language": "lua"}}}, file)


def serve():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with open(FOLDER + "/log", "wb") as log:
        server = subprocess.Popen(
            ["jupyter", "notebook", "--allow-root", "--no-browser", "--ip=127.0.0.1",
             "--port=%d" % port, "--port-retries=0", "--NotebookApp.token=" + TOKEN,
             "--notebook-dir", FOLDER], stdout=log, stderr=log)
    address = "http://127.0.0.1:%d" % port
    for _ in range(300):
        try:
            urllib.request.urlopen(address + "/api").read()
            return server, address
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("Jupyter does not answer")


class Page:
    def __init__(self, driver):
        self.driver = driver

    def wait(self, what, condition, seconds=20):
        WebDriverWait(self.driver, seconds, 0.05).until(lambda _: condition(), what)

    def idle(self):
        return self.driver.execute_script(
            "return typeof Jupyter !== 'undefined' && Jupyter.notebook && Jupyter.notebook.kernel"
            " && Jupyter.notebook.kernel.is_connected() && !Jupyter.notebook.kernel_busy")

    def cell(self, i):
        return self.driver.find_elements(By.CSS_SELECTOR, "#notebook-container .cell")[i]

    def run(self, i):
        """a click into the cell, then the keys that run it"""
        area = self.cell(i).find_element(By.CSS_SELECTOR, ".CodeMirror")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", area)
        area.click()
        self.driver.switch_to.active_element.send_keys(Keys.CONTROL, Keys.ENTER)

    def seen(self, i, selector):
        return self.cell(i).find_elements(By.CSS_SELECTOR, selector)

    def shows(self, i, text):
        return text in self.cell(i).find_element(By.CSS_SELECTOR, ".output_wrapper").text

    def command(self, name):
        self.driver.find_element(By.CSS_SELECTOR, "[data-jupyter-action='%s']" % name).click()


def drive(page, address):
    page.driver.get(address + "/notebooks/page.ipynb?token=" + TOKEN)
    page.wait("the kernel is idle", page.idle)
    page.run(0)
    page.wait("the value", lambda: page.shows(0, "42"))
    page.run(1)
    page.wait("an image", lambda: page.seen(1, "img"))
    size = page.driver.execute_script("return arguments[0].naturalWidth", page.seen(1, "img")[0])
    assert size > 100, size

    page.run(2)
    page.wait("a slider", lambda: page.seen(2, ".ui-slider-handle"))
    page.wait("its image", lambda: page.seen(2, ".widget-html img"))

    def image():
        return page.seen(2, ".widget-html img")[0].get_attribute("src")

    before = image()
    page.seen(2, ".ui-slider-handle")[0].send_keys(Keys.ARROW_RIGHT * 5)
    page.wait("another image", lambda: image() != before)
    page.driver.save_screenshot(FOLDER + "/slider.png")

    page.wait("the kernel is idle", page.idle)
    page.run(3)
    page.wait("the loop", lambda: not page.idle())
    page.command("jupyter-notebook:interrupt-kernel")
    page.wait("that it was interrupted", lambda: page.shows(3, "interrupted"))
    page.run(4)
    page.wait("what was there before", lambda: page.shows(4, "6"))

    page.command("jupyter-notebook:confirm-restart-kernel")
    page.wait("a question", lambda: page.driver.find_elements(
        By.CSS_SELECTOR, ".modal.in .btn-danger"))
    time.sleep(0.4)   # it slides in
    page.driver.find_element(By.CSS_SELECTOR, ".modal.in .btn-danger").click()
    page.wait("the kernel is idle", page.idle)
    page.wait("the question is gone", lambda: not page.driver.find_elements(
        By.CSS_SELECTOR, ".modal-backdrop"))
    page.run(4)
    page.wait("that nothing is left", lambda: not page.shows(4, "6") and page.idle())
    page.run(0)
    page.wait("the value again", lambda: page.shows(0, "42"))
    page.driver.save_screenshot(FOLDER + "/end.png")


write_notebook()
server, address = serve()
try:
    driver = chromium.start()
    try:
        drive(Page(driver), address)
        print("driven")
    except Exception:
        driver.save_screenshot(FOLDER + "/wrong.png")
        raise
    finally:
        driver.quit()
finally:
    server.terminate()
    server.wait()
